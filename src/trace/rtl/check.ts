// The bench of a hand-over: check.v plays the vectors and compares, tb.v and sim_main.cpp give it a clock. It is a machine of
// states on the clock's edge, without delays, so that every simulator runs the same text.

/** Sizes that the bench is written for. */
export interface BenchSizes {
  readonly neurons: number;
  readonly senderBits: number;
  readonly neuronBits: number;
  readonly weightBits: number;
  readonly blocks: number;
  readonly stateBits: number;
  /** Words of stim.mem, ticks in them, and spikes in expected.mem. */
  readonly words: number;
  readonly ticks: number;
  readonly spikes: number;
  /** Sets of biases in biases.mem; 0: there is no such file. */
  readonly biasSets: number;
  /** Words of weights_after.mem; 0: nothing learns. */
  readonly weightsAfter: number;
}

/** Operations of stim.mem, in bits 19:16 of a word; bits 15:0 are their value. */
export const operations = { event: 0, tick: 1, clear: 2, biases: 3, active: 4, window: 5, update: 6, end: 7 } as const;

/** States of the bench and operations that these vectors use: unused names are refused by lint. */
function constants(biases: boolean, learns: boolean): string {
  const states = ['FETCH', 'EVENT', 'WORK', 'COMPARE', 'CLEARING', 'STOP', ...(biases ? ['BIASES'] : []), ...(learns ? ['UPDATING', 'READ'] : [])]; // prettier-ignore
  const used = Object.entries(operations).filter(([name]) => (name !== 'end' && name !== 'biases' && name !== 'window' && name !== 'update') || (name === 'biases' && biases) || (learns && (name === 'window' || name === 'update'))); // prettier-ignore
  const line = (names: readonly string[]): string => `  localparam ${names.join(', ')};\n`;
  return line(states.map((name, k) => `${name} = 4'd${k}`)) + line(used.map(([name, value]) => `OP_${name.toUpperCase()} = 4'd${value}`)); // prettier-ignore
}

export function checkModule(sizes: BenchSizes, update: { instance: string } | null): string {
  const { biasSets, weightsAfter } = sizes;
  const learns = update !== null;
  return `// Plays stim.mem into the design and compares spikes and states with expected.mem after every tick, by !==, so that an
// unknown value differs from every known one. The last line it writes begins with PASS or FAIL.
module check #(
  parameter NEURONS = ${sizes.neurons},
  parameter SENDER_BITS = ${sizes.senderBits},
  parameter NEURON_BITS = ${sizes.neuronBits},
  parameter WEIGHT_BITS = ${sizes.weightBits},
  parameter BLOCKS = ${sizes.blocks},
  parameter STATE_BITS = ${sizes.stateBits},
  parameter WORDS = ${sizes.words},
  parameter TICKS = ${sizes.ticks},
  parameter SPIKES = ${sizes.spikes},
  // 0: only spikes are compared, for a design that does not show its states.
  parameter COMPARE_STATE = 1,
  // Most cycles that the design may take for one tick or event.
  parameter PATIENCE = 10000000
) (
  input wire clk,
  input wire rst_n
);
${constants(biasSets > 0, learns)}  localparam [NEURON_BITS-1:0] LAST = NEURONS - 1;
${learns ? `  localparam [WEIGHT_BITS-1:0] LAST_WEIGHT = ${weightsAfter} - 1;\n` : ''}
  reg [19:0] stim [0:WORDS-1];
  // {spikes in this tick 4, registers of the neuron}
  reg [STATE_BITS+3:0] expected [0:TICKS*NEURONS-1];
${biasSets > 0 ? `  reg [15:0] biases [0:${biasSets}*NEURONS-1];\n` : ''}${learns ? `  reg [7:0] after [0:${weightsAfter}-1];\n` : ''}  initial begin
    $readmemh("stim.mem", stim);
    $readmemh("expected.mem", expected);
    for (k = 0; k < (1 << NEURON_BITS); k = k + 1) seen[k] = 4'd0;
${biasSets > 0 ? '    $readmemh("biases.mem", biases);\n' : ''}${learns ? '    $readmemh("weights_after.mem", after);\n' : ''}  end

  reg [3:0] mode;
  reg [31:0] at;
  reg [31:0] tick_number;
  reg [31:0] example_tick;
  reg [15:0] example;
  reg [31:0] spikes;
  reg [31:0] place;
  reg [31:0] cycles;
  reg [31:0] most_cycles;
  reg [NEURON_BITS-1:0] n;
  reg [3:0] seen [0:(1<<NEURON_BITS)-1];
  reg failed;
  integer k;

  reg clear, in_valid, tick, bias_we;
  reg [SENDER_BITS-1:0] in_addr;
  reg [NEURON_BITS-1:0] bias_index;
  reg [15:0] bias_data;
  reg [BLOCKS-1:0] active;
  wire in_ready, done, out_valid, overflow;
  wire [NEURON_BITS-1:0] out_addr;
  wire [STATE_BITS-1:0] state;
  wire [7:0] w_rdata;
  wire w_we;
  wire [WEIGHT_BITS-1:0] w_addr;
  wire [7:0] w_wdata;
  wire [19:0] word = stim[at];
  wire [STATE_BITS+3:0] wanted = expected[place];
  wire [STATE_BITS-1:0] shown = COMPARE_STATE != 0 ? state : wanted[STATE_BITS-1:0];

  dut design_under_test (
    .clk(clk), .rst_n(rst_n), .clear(clear), .in_valid(in_valid), .in_addr(in_addr), .in_ready(in_ready), .tick(tick),
    .done(done), .out_valid(out_valid), .out_addr(out_addr), .bias_we(bias_we), .bias_index(bias_index),
    .bias_data(bias_data), .active(active), .w_we(w_we), .w_addr(w_addr), .w_wdata(w_wdata), .w_rdata(w_rdata),
    .state_index(n), .state(state), .overflow(overflow)
  );
${
  update
    ? `
  reg plus, minus, apply;
  reg [WEIGHT_BITS-1:0] read_addr;
  wire updated, ready;
  wire [WEIGHT_BITS-1:0] update_addr;
  assign w_addr = mode == READ ? read_addr : update_addr;
${update.instance}`
    : `  assign w_we = 1'b0;
  assign w_addr = {WEIGHT_BITS{1'b0}};
  assign w_wdata = 8'd0;
  // Learning is not part of these vectors.
  wire unused = &{1'b0, w_rdata};
`
}
  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      mode <= FETCH;
      at <= 32'd0;
      tick_number <= 32'd0;
      example_tick <= 32'd0;
      example <= 16'd0;
      spikes <= 32'd0;
      place <= 32'd0;
      cycles <= 32'd0;
      most_cycles <= 32'd0;
      n <= {NEURON_BITS{1'b0}};
      failed <= 1'b0;
      {clear, in_valid, tick, bias_we} <= 4'd0;
      in_addr <= {SENDER_BITS{1'b0}};
      bias_index <= {NEURON_BITS{1'b0}};
      bias_data <= 16'd0;
      active <= {BLOCKS{1'b1}};
${learns ? "      {plus, minus, apply} <= 3'd0;\n      read_addr <= {WEIGHT_BITS{1'b0}};\n" : ''}    end else begin
      {clear, tick, bias_we} <= 3'd0;
${learns ? "      apply <= 1'b0;\n" : ''}      cycles <= cycles + 32'd1;
      if (out_valid === 1'b1 && mode != STOP) begin
        spikes <= spikes + 32'd1;
        seen[out_addr] <= seen[out_addr] + 4'd1;
      end
      case (mode)
        FETCH:
          if (in_ready${learns ? ' && ready' : ''}) begin
            at <= at + 32'd1;
            cycles <= 32'd0;
            case (word[19:16])
              OP_EVENT: begin
                in_valid <= 1'b1;
                in_addr <= word[SENDER_BITS-1:0];
                mode <= EVENT;
              end
              OP_TICK: begin
                tick <= 1'b1;
                mode <= WORK;
              end
              OP_CLEAR: begin
                clear <= 1'b1;
                example <= word[15:0];
                example_tick <= 32'd0;
                mode <= CLEARING;
              end
${
  biasSets > 0
    ? `              OP_BIASES: begin
                place <= {16'd0, word[15:0]} * NEURONS;
                n <= {NEURON_BITS{1'b0}};
                mode <= BIASES;
              end
`
    : ''
}              OP_ACTIVE: active <= word[BLOCKS-1:0];
${
  learns
    ? `              OP_WINDOW: {minus, plus} <= word[1:0];
              OP_UPDATE: begin
                apply <= 1'b1;
                mode <= UPDATING;
              end
`
    : ''
}              default: begin
                mode <= STOP;
                if (tick_number != TICKS || spikes != SPIKES || overflow !== 1'b0) begin
                  failed <= 1'b1;
                  $display("FAIL %0d ticks, %0d spikes, overflow %b; the vectors have %0d and %0d without", tick_number, spikes, overflow, TICKS, SPIKES);
                end else begin
                  $display("cycles: at most %0d for one tick", most_cycles);
                  $display("PASS %0d ticks %0d spikes", tick_number, spikes);
                end
                $finish;
              end
            endcase
          end
        EVENT:
          if (in_ready) begin
            in_valid <= 1'b0;
            mode <= FETCH;
          end
        CLEARING: if (!clear && in_ready) mode <= FETCH;
        WORK:
          if (done === 1'b1) begin
            place <= tick_number * NEURONS;
            n <= {NEURON_BITS{1'b0}};
            mode <= COMPARE;
            if (cycles > most_cycles) most_cycles <= cycles;
          end
        COMPARE: begin
          if ({seen[n], shown} !== wanted) begin
            $display("FAIL tick %0d of example %0d (tick %0d of all), neuron %0d: spikes %0d, expected %0d; registers %h, expected %h",
              example_tick, example, tick_number, n, seen[n], wanted[STATE_BITS+3:STATE_BITS], shown, wanted[STATE_BITS-1:0]);
            failed <= 1'b1;
            mode <= STOP;
            $finish;
          end
          seen[n] <= 4'd0;
          place <= place + 32'd1;
          n <= n + 1'b1;
          if (n == LAST) begin
            tick_number <= tick_number + 32'd1;
            example_tick <= example_tick + 32'd1;
            if (!failed) mode <= FETCH;
          end
          if ({seen[n], shown} !== wanted) mode <= STOP;
        end
${
  biasSets > 0
    ? `        BIASES: begin
          bias_we <= 1'b1;
          bias_index <= n;
          bias_data <= biases[place];
          place <= place + 32'd1;
          n <= n + 1'b1;
          if (n == LAST) mode <= FETCH;
        end
`
    : ''
}${
    learns
      ? `        UPDATING:
          if (updated) begin
            read_addr <= {WEIGHT_BITS{1'b0}};
            mode <= READ;
          end
        READ: begin
          read_addr <= read_addr + 1'b1;
          if (w_rdata !== after[read_addr]) begin
            $display("FAIL weight %0d after the update: %h, expected %h", read_addr, w_rdata, after[read_addr]);
            failed <= 1'b1;
            mode <= STOP;
            $finish;
          end else if (read_addr == LAST_WEIGHT) mode <= FETCH;
        end
`
      : ''
  }        default: ;
      endcase
      if ((mode == WORK || mode == EVENT || mode == CLEARING) && cycles > PATIENCE) begin
        $display("FAIL tick %0d of example %0d: the design does not answer", example_tick, example);
        failed <= 1'b1;
        mode <= STOP;
        $finish;
      end
    end
endmodule
`;
}

/** Clock and reset for a simulator with events; +dump_tick=N leaves a VCD from that tick of all on. */
export const testBench = `${'`'}timescale 1ns / 1ns
// Clock and reset for check.v. +dump_tick=N writes failing.vcd from tick N of all to the end.
module tb;
  parameter COMPARE_STATE = 1;
  reg clk, rst_n;
  reg [31:0] from;
  check #(.COMPARE_STATE(COMPARE_STATE)) check (.clk(clk), .rst_n(rst_n));
  initial begin
    clk = 1'b0;
    rst_n = 1'b0;
    #20 rst_n = 1'b1;
  end
  always #5 clk = ~clk;
  initial
    if ($value$plusargs("dump_tick=%d", from)) begin
      wait (rst_n && check.tick_number >= from);
      $dumpfile("failing.vcd");
      $dumpvars(0, tb);
    end
endmodule
`;

/** The same clock for Verilator, of any version. */
export const verilatorMain = `// Clock and reset for check.v under Verilator.
#include "Vcheck.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

int main(int argc, char **argv) {
  Verilated::commandArgs(argc, argv);
  Vcheck *top = new Vcheck;
  top->clk = 0;
  top->rst_n = 0;
  for (long half = 0; !Verilated::gotFinish(); half++) {
    if (half == 4) top->rst_n = 1;
    top->clk = half & 1;
    top->eval();
  }
  top->final();
  delete top;
  return 0;
}
`;

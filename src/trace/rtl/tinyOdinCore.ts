// The reference core of the tinyODIN-like hand-over, in Verilog-2001: 256 addresses behind a crossbar, one neuron a clock cycle.
// Its arithmetic is that of hardware/neurons/tinyOdin.ts, its words are those of tinyODIN's memories.

export const tinyOdinCore = String.raw`// tinyODIN-like core: event-driven neurons of 12 bits behind a crossbar of 256 x 256 weights of 4 bits.
// An event of a sender visits neurons 0 to MAX_NEUR in order, one a cycle, and the threshold is looked at after each. A spike
// waits in a queue until the events before it are over. A tick is a time reference: it visits all neurons with their leak.
module tiny_odin_core #(
  parameter MAX_NEUR = 255,
  parameter PARAMS_FILE = "params.mem",
  parameter WEIGHTS_FILE = "weights.mem"
) (
  input wire clk,
  input wire rst_n,
  // Back to v = 0. Only while in_ready.
  input wire clear,
  // Spike events {00, address} of the bus, accepted where in_valid and in_ready meet.
  input wire in_valid,
  input wire [7:0] in_addr,
  output wire in_ready,
  // The time reference {01, FF}, one cycle while in_ready; done is high for one cycle when its work and the queue's is over.
  input wire tick,
  output reg done,
  output reg out_valid,
  output reg [7:0] out_addr,
  // Sticky: a spike found the queue full and was lost.
  output reg overflow,
  // The membrane of one neuron.
  input wire [7:0] state_index,
  output wire [11:0] state
);
  localparam IDLE = 3'd0, CLEAR = 3'd1, VISIT = 3'd2, LEAK = 3'd3, NEXT = 3'd4;
  localparam [7:0] LAST = MAX_NEUR;

  // Bits 11:0 membrane, 23:12 threshold, 30:24 leak, 31 disabled.
  reg [31:0] neurons [0:255];
  // Word {sender, neuron[7:3]}, nibble neuron[2:0].
  reg [31:0] synapses [0:8191];
  reg [7:0] queue [0:127];

  reg [2:0] phase;
  reg [7:0] n;
  reg [7:0] sender;
  reg [6:0] head;
  reg [6:0] tail;
  reg [7:0] waiting;
  reg ticking;

  initial begin
    $readmemh(PARAMS_FILE, neurons);
    $readmemh(WEIGHTS_FILE, synapses);
  end

  assign in_ready = phase == IDLE && !tick && !clear;
  wire [31:0] shown = neurons[state_index];
  assign state = shown[11:0];

  wire [31:0] own = neurons[n];
  wire [11:0] v = own[11:0];
  wire [31:0] row = synapses[{sender, n[7:3]}];
  wire [31:0] nibbles = row >> {n[2:0], 2'b00};
  wire [3:0] weight = nibbles[3:0];
  wire [12:0] sum = {v[11], v} + {{9{weight[3]}}, weight};
  wire [11:0] reached = sum[12] != sum[11] ? (sum[12] ? 12'h800 : 12'h7FF) : sum[11:0];
  wire [11:0] step = {5'd0, own[30:24]};
  wire [11:0] negated = ~v + 12'd1;
  wire [11:0] leaked = v[11] ? (negated > step ? v + step : 12'd0) : (v > step ? v - step : 12'd0);
  wire [11:0] next = phase == LEAK ? leaked : reached;
  wire visiting = phase == VISIT || phase == LEAK;
  wire spike = visiting && !next[11] && next >= own[23:12];
  wire heard = spike && !own[31];
  wire unused = &{1'b0, shown, nibbles};
  wire pop = phase == NEXT && waiting != 8'd0;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      phase <= CLEAR;
      n <= 8'd0;
      sender <= 8'd0;
      head <= 7'd0;
      tail <= 7'd0;
      waiting <= 8'd0;
      ticking <= 1'b0;
      done <= 1'b0;
      out_valid <= 1'b0;
      out_addr <= 8'd0;
      overflow <= 1'b0;
    end else begin
      done <= 1'b0;
      out_valid <= heard;
      if (heard) begin
        out_addr <= n;
        if (waiting == 8'd128) overflow <= 1'b1;
        else begin
          tail <= tail + 7'd1;
          waiting <= waiting + 8'd1;
        end
      end
      case (phase)
        IDLE: begin
          n <= 8'd0;
          if (clear) phase <= CLEAR;
          else if (tick) begin
            ticking <= 1'b1;
            phase <= LEAK;
          end else if (in_valid) begin
            sender <= in_addr;
            phase <= VISIT;
          end
        end
        CLEAR, VISIT, LEAK: begin
          n <= n + 8'd1;
          if (n == LAST) begin
            n <= 8'd0;
            phase <= phase == CLEAR ? IDLE : NEXT;
          end
        end
        NEXT:
          if (pop) begin
            sender <= queue[head];
            head <= head + 7'd1;
            waiting <= waiting - 8'd1;
            phase <= VISIT;
          end else begin
            done <= ticking;
            ticking <= 1'b0;
            phase <= IDLE;
          end
        default: phase <= IDLE;
      endcase
    end

  // Memories, without reset.
  always @(posedge clk) begin
    if (phase == CLEAR) neurons[n] <= {own[31:12], 12'd0};
    else if (visiting) neurons[n] <= {own[31:12], spike ? 12'd0 : next};
    if (heard && waiting != 8'd128) queue[tail] <= n;
  end
endmodule
`;

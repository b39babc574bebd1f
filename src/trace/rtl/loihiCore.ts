// The reference core of the Loihi-1-like hand-over, in Verilog-2001: one neuron or one synapse a clock cycle. Its arithmetic is
// that of hardware/neurons/loihi1.ts; nothing here is simulated.

export const loihiCore = String.raw`// Loihi-1-like core: leaky integrate-and-fire neurons with current synapses in integers, time-multiplexed.
// One neuron a cycle while it updates, LANES synapses a cycle while it delivers. A spike, input or internal, of tick t acts in
// tick t + 1. Order of a tick: all neurons by number, then the events of the tick, inputs first, in the order they came.
module loihi1_core #(
  parameter INPUTS = 1,
  parameter NEURONS = 1,
  parameter BLOCKS = 1,
  parameter BLOCK_BITS = 1,
  parameter WEIGHTS = 1,
  parameter SENDER_BITS = 16,
  parameter NEURON_BITS = 16,
  parameter WEIGHT_BITS = 24,
  // Synapses a cycle, at most NEURONS. With 1 the memories need one port each; more spare a simulator's time. Results do not
  // depend on it.
  parameter LANES = 1,
  parameter PARAMS_FILE = "params.mem",
  parameter BLOCKS_FILE = "blocks.mem",
  parameter WEIGHTS_FILE = "weights.mem"
) (
  input wire clk,
  input wire rst_n,
  // Back to u = v = 0, nothing pending. Only while in_ready.
  input wire clear,
  // Input events, accepted where in_valid and in_ready meet.
  input wire in_valid,
  input wire [SENDER_BITS-1:0] in_addr,
  output wire in_ready,
  // One cycle while in_ready: one time step. done is high for one cycle when all of its work is over.
  input wire tick,
  output reg done,
  output reg out_valid,
  output reg [NEURON_BITS-1:0] out_addr,
  // Bias registers: exponent in bits 15:13, mantissa in 12:0, two's complement.
  input wire bias_we,
  input wire [NEURON_BITS-1:0] bias_index,
  input wire [15:0] bias_data,
  // Blocks of synapses that take part.
  input wire [BLOCKS-1:0] active,
  // The weight memory, while in_ready.
  input wire w_we,
  input wire [WEIGHT_BITS-1:0] w_addr,
  input wire [7:0] w_wdata,
  output wire [7:0] w_rdata,
  // Registers of one neuron: u in bits 47:24, v in 23:0.
  input wire [NEURON_BITS-1:0] state_index,
  output wire [47:0] state
);
  localparam IDLE = 3'd0, CLEAR = 3'd1, UPDATE = 3'd2, SCAN = 3'd3, ROW = 3'd4;
  localparam [NEURON_BITS-1:0] LAST = NEURONS - 1;
  localparam [SENDER_BITS-1:0] FIRST = INPUTS;
  localparam [NEURON_BITS-1:0] REACH = LANES;
  localparam [WEIGHT_BITS-1:0] WORDS = LANES;

  // {bias exponent 3, bias mantissa 13, refractory 6, threshold 17, current decay 13, membrane decay 13}
  reg [67:0] params [0:NEURONS-1];
  // {exponent 8, weight base 24, neurons 16, first neuron 16, senders 16, first sender 16}
  reg [95:0] blocks [0:BLOCKS-1];
  reg [7:0] weights [0:WEIGHTS-1];
  reg [15:0] biases [0:NEURONS-1];
  reg [23:0] u [0:NEURONS-1];
  reg [23:0] v [0:NEURONS-1];
  reg [5:0] waiting [0:NEURONS-1];
  reg [31:0] arrivals [0:NEURONS-1];
  // Events of the present tick: each sender once at most.
  reg [SENDER_BITS-1:0] pending [0:(1<<SENDER_BITS)-1];

  reg [2:0] phase;
  // The neuron that updates, and the one that a synapse reaches: apart, so that the update's arithmetic rests meanwhile.
  reg [NEURON_BITS-1:0] n;
  reg [NEURON_BITS-1:0] target;
  reg [SENDER_BITS:0] events;
  reg [SENDER_BITS:0] at;
  reg [15:0] block;
  reg [WEIGHT_BITS-1:0] word;
  reg [NEURON_BITS-1:0] left;
  reg [2:0] shift;
  integer k;
  integer lane;

  initial begin
    $readmemh(PARAMS_FILE, params);
    $readmemh(BLOCKS_FILE, blocks);
    $readmemh(WEIGHTS_FILE, weights);
    for (k = 0; k < NEURONS; k = k + 1) biases[k] = params[k][64:49];
  end

  assign in_ready = phase == IDLE && !tick && !clear;
  assign w_rdata = weights[w_addr];
  assign state = {u[state_index], v[state_index]};

  // x (4096 - d) / 4096, toward zero.
  function [23:0] decayed;
    input [23:0] x;
    input [12:0] d;
    reg [23:0] magnitude;
    // The lower bits are what truncation drops.
    /* verilator lint_off UNUSED */
    reg [36:0] product;
    /* verilator lint_on UNUSED */
    begin
      magnitude = x[23] ? (~x + 24'd1) : x;
      product = {13'd0, magnitude} * {24'd0, 13'd4096 - d};
      magnitude = product[35:12];
      decayed = x[23] ? (~magnitude + 24'd1) : magnitude;
    end
  endfunction

  // The neuron n after this tick.
  wire [67:0] own = params[n];
  wire [15:0] bias_word = biases[n];
  wire [31:0] arrived = arrivals[n];
  wire [23:0] u_next = decayed(u[n], own[25:13]) + {arrived[17:0], 6'd0};
  wire [23:0] v_kept = decayed(v[n], own[12:0]);
  wire [26:0] bias = {{14{bias_word[12]}}, bias_word[12:0]} << bias_word[15:13];
  wire [26:0] sum = {{3{v_kept[23]}}, v_kept} + {{3{u_next[23]}}, u_next} + bias;
  wire too_high = !sum[26] && sum > 27'd8388607;
  wire too_low = sum[26] && sum < 27'h7800001;
  wire [23:0] clipped = too_high ? 24'h7FFFFF : too_low ? 24'h800001 : sum[23:0];
  wire [23:0] v_next = waiting[n] != 6'd0 ? 24'd0 : clipped;
  // Strictly above the threshold, which is not negative.
  wire spike = !v_next[23] && v_next > {1'b0, own[42:26], 6'd0};
  wire [5:0] dead = spike ? own[48:43] : waiting[n];

  // The row of weights from the present event into the present block.
  wire [95:0] entry = blocks[block[BLOCK_BITS-1:0]];
  wire [15:0] sender = {{(16 - SENDER_BITS){1'b0}}, pending[at[SENDER_BITS-1:0]]};
  wire [15:0] row = sender - entry[15:0];
  wire hit = active[block[BLOCK_BITS-1:0]] && sender >= entry[15:0] && row < entry[31:16];
  wire [31:0] offset = {16'd0, row} * {16'd0, entry[63:48]};
  wire [31:0] base = {8'd0, entry[87:64]} + offset;

  // Mixed signs: the weight is twice its register, times 2^exponent.
  function [31:0] amount;
    input [7:0] register;
    input [2:0] exponent;
    amount = {{23{register[7]}}, register, 1'b0} << exponent;
  endfunction

  // Upper bits that sizes leave over.
  wire unused = &{1'b0, own, arrived, entry, base};

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      phase <= CLEAR;
      n <= {NEURON_BITS{1'b0}};
      target <= {NEURON_BITS{1'b0}};
      events <= {(SENDER_BITS + 1){1'b0}};
      at <= {(SENDER_BITS + 1){1'b0}};
      block <= 16'd0;
      word <= {WEIGHT_BITS{1'b0}};
      left <= {NEURON_BITS{1'b0}};
      shift <= 3'd0;
      done <= 1'b0;
      out_valid <= 1'b0;
      out_addr <= {NEURON_BITS{1'b0}};
    end else begin
      done <= 1'b0;
      out_valid <= 1'b0;
      case (phase)
        IDLE: begin
          n <= {NEURON_BITS{1'b0}};
          if (clear) phase <= CLEAR;
          else if (tick) phase <= UPDATE;
          else if (in_valid) events <= events + 1'b1;
        end
        CLEAR: begin
          events <= {(SENDER_BITS + 1){1'b0}};
          n <= n + 1'b1;
          if (n == LAST) phase <= IDLE;
        end
        UPDATE: begin
          if (spike) begin
            out_valid <= 1'b1;
            out_addr <= n;
            events <= events + 1'b1;
          end
          n <= n + 1'b1;
          at <= {(SENDER_BITS + 1){1'b0}};
          block <= 16'd0;
          if (n == LAST) phase <= SCAN;
        end
        SCAN:
          if (at == events) begin
            events <= {(SENDER_BITS + 1){1'b0}};
            done <= 1'b1;
            phase <= IDLE;
          end else if (block == BLOCKS) begin
            at <= at + 1'b1;
            block <= 16'd0;
          end else begin
            block <= block + 16'd1;
            if (hit) begin
              word <= base[WEIGHT_BITS-1:0];
              target <= entry[32+NEURON_BITS-1:32];
              left <= entry[48+NEURON_BITS-1:48];
              shift <= entry[90:88];
              phase <= ROW;
            end
          end
        ROW: begin
          word <= word + WORDS;
          target <= target + REACH;
          left <= left - REACH;
          if (left <= REACH) phase <= SCAN;
        end
        default: phase <= IDLE;
      endcase
    end

  // Memories, without reset.
  always @(posedge clk) begin
    case (phase)
      IDLE:
        if (in_valid && in_ready) pending[events[SENDER_BITS-1:0]] <= in_addr;
      CLEAR: begin
        u[n] <= 24'd0;
        v[n] <= 24'd0;
        waiting[n] <= 6'd0;
        arrivals[n] <= 32'd0;
      end
      UPDATE: begin
        u[n] <= u_next;
        v[n] <= spike ? 24'd0 : v_next;
        waiting[n] <= dead == 6'd0 ? 6'd0 : dead - 6'd1;
        arrivals[n] <= 32'd0;
        if (spike) pending[events[SENDER_BITS-1:0]] <= FIRST + {{(SENDER_BITS - NEURON_BITS){1'b0}}, n};
      end
      ROW:
        for (lane = 0; lane < LANES; lane = lane + 1)
          if (lane < left)
            arrivals[target + lane[NEURON_BITS-1:0]] <=
              arrivals[target + lane[NEURON_BITS-1:0]] + amount(weights[word + lane[WEIGHT_BITS-1:0]], shift);
      default: ;
    endcase
    if (bias_we) biases[bias_index] <= bias_data;
    if (w_we) weights[w_addr] <= w_wdata;
  end
endmodule
`;

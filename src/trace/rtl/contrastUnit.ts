// The unit that learns beside the Loihi-1-like core, in Verilog-2001: counts spikes in two windows and moves every weight by the
// difference of their products. Its arithmetic is that of hardware/neurons/contrast.ts.
import type { IntegerNetwork } from '../../hardware/neurons/network.ts';
import { bitsFor, packed } from './memory.ts';

/** Words of pairs.mem, one for each block; `shifts` null: it does not learn. */
export function pairWords({ blocks }: IntegerNetwork, shifts: readonly (number | null)[]): string[] {
  let base = 0;
  return blocks.map((block, k) => {
    const shift = shifts[k] ?? null;
    const entry = packed([
      [shift === null ? 0 : 1, 1], [shift ?? 0, 6], [0, 1], [base, 24], [block.neurons, 16], [block.firstNeuron, 16], [block.senders, 16], [block.firstSender, 16],
    ]); // prettier-ignore
    base += block.registers.length;
    return entry;
  });
}

/** The unit beside the design, in check.v. */
export const contrastInstance = ({ inputs, neurons, blocks }: IntegerNetwork): string => `
  // The unit sees what the design sees and says.
  contrast_update #(
    .INPUTS(${inputs.units}), .NEURONS(${neurons}), .BLOCKS(${blocks.length}), .BLOCK_BITS(${bitsFor(blocks.length - 1)}), .SENDER_BITS(SENDER_BITS), .NEURON_BITS(NEURON_BITS), .WEIGHT_BITS(WEIGHT_BITS)
  ) learning (
    .clk(clk), .rst_n(rst_n), .plus(plus), .minus(minus), .in_valid(in_valid && in_ready), .in_addr(in_addr),
    .out_valid(out_valid), .out_addr(out_addr), .apply(apply), .ready(ready), .updated(updated),
    .w_we(w_we), .w_addr(update_addr), .w_wdata(w_wdata), .w_rdata(w_rdata)
  );
`;

export const contrastModule = String.raw`// Contrast of two phases: counts the spikes of every sender while plus or minus is high (8 bits, saturating), and on apply visits
// every weight of the blocks that learn, one a cycle:
//   register <- saturate8(register + ((plus_i plus_j - minus_i minus_j + 2^(shift - 1)) >> shift))
// that is, to the nearest with halves up. Both copies of a matrix used both ways see the same products and stay equal.
module contrast_update #(
  parameter INPUTS = 1,
  parameter NEURONS = 1,
  parameter BLOCKS = 1,
  parameter BLOCK_BITS = 1,
  parameter SENDER_BITS = 16,
  parameter NEURON_BITS = 16,
  parameter WEIGHT_BITS = 24,
  parameter PAIRS_FILE = "pairs.mem"
) (
  input wire clk,
  input wire rst_n,
  input wire plus,
  input wire minus,
  input wire in_valid,
  input wire [SENDER_BITS-1:0] in_addr,
  input wire out_valid,
  input wire [NEURON_BITS-1:0] out_addr,
  input wire apply,
  // Counters are cleared after a reset and after an update; ready is low meanwhile.
  output wire ready,
  output reg updated,
  output wire w_we,
  output wire [WEIGHT_BITS-1:0] w_addr,
  output wire [7:0] w_wdata,
  input wire [7:0] w_rdata
);
  localparam CLEAR = 2'd0, COUNT = 2'd1, BLOCK = 2'd2, WRITE = 2'd3;
  localparam [SENDER_BITS-1:0] FIRST = INPUTS;
  localparam [SENDER_BITS-1:0] LAST = INPUTS + NEURONS - 1;

  // {learns 1, shift 6, 0, weight base 24, neurons 16, first neuron 16, senders 16, first sender 16}
  reg [95:0] pairs [0:BLOCKS-1];
  reg [7:0] pluses [0:(1<<SENDER_BITS)-1];
  reg [7:0] minuses [0:(1<<SENDER_BITS)-1];
  reg [1:0] phase;
  reg applying;
  reg [15:0] block;
  reg [15:0] i;
  reg [15:0] j;
  reg [WEIGHT_BITS-1:0] word;
  initial $readmemh(PAIRS_FILE, pairs);

  assign ready = phase == COUNT && !apply;
  // Counting: at most one event a cycle, since the design takes none while it spikes.
  wire event_now = in_valid || out_valid;
  wire [SENDER_BITS-1:0] sender = in_valid ? in_addr : FIRST + {{(SENDER_BITS - NEURON_BITS){1'b0}}, out_addr};

  wire [95:0] entry = pairs[block[BLOCK_BITS-1:0]];
  wire [15:0] pre = entry[15:0] + i;
  wire [15:0] post = INPUTS + entry[47:32] + j;
  wire [7:0] plus_i = pluses[pre[SENDER_BITS-1:0]];
  wire [7:0] plus_j = pluses[post[SENDER_BITS-1:0]];
  wire [7:0] minus_i = minuses[pre[SENDER_BITS-1:0]];
  wire [7:0] minus_j = minuses[post[SENDER_BITS-1:0]];
  wire [15:0] together = {8'd0, plus_i} * {8'd0, plus_j};
  wire [15:0] apart = {8'd0, minus_i} * {8'd0, minus_j};
  wire signed [19:0] difference = $signed({4'd0, together}) - $signed({4'd0, apart});
  wire [5:0] shift = entry[94:89];
  wire signed [19:0] half = shift == 6'd0 ? 20'sd0 : 20'sd1 <<< (shift - 6'd1);
  wire signed [19:0] raised = difference + half;
  wire signed [19:0] change = raised >>> shift;
  wire signed [19:0] moved = $signed({{12{w_rdata[7]}}, w_rdata}) + change;
  assign w_wdata = moved > 20'sd127 ? 8'h7F : moved < -20'sd128 ? 8'h80 : moved[7:0];
  assign w_addr = word;
  assign w_we = phase == WRITE;
  wire unused = &{1'b0, entry, pre, post};

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      phase <= CLEAR;
      applying <= 1'b0;
      updated <= 1'b0;
      block <= 16'd0;
      i <= 16'd0;
      j <= 16'd0;
      word <= {WEIGHT_BITS{1'b0}};
    end else begin
      updated <= 1'b0;
      case (phase)
        CLEAR: begin
          i <= i + 16'd1;
          if (i[SENDER_BITS-1:0] == LAST) begin
            updated <= applying;
            applying <= 1'b0;
            phase <= COUNT;
          end
        end
        COUNT:
          if (apply) begin
            block <= 16'd0;
            applying <= 1'b1;
            phase <= BLOCK;
          end
        BLOCK: begin
          i <= 16'd0;
          j <= 16'd0;
          word <= entry[64+WEIGHT_BITS-1:64];
          if (block == BLOCKS) phase <= CLEAR;
          else if (entry[95]) phase <= WRITE;
          else block <= block + 16'd1;
        end
        default: begin
          word <= word + 1'b1;
          j <= j + 16'd1;
          if (j == entry[63:48] - 16'd1) begin
            j <= 16'd0;
            i <= i + 16'd1;
            if (i == entry[31:16] - 16'd1) begin
              block <= block + 16'd1;
              phase <= BLOCK;
            end
          end
        end
      endcase
    end

  // Counters, without reset.
  always @(posedge clk)
    if (phase == CLEAR) begin
      pluses[i[SENDER_BITS-1:0]] <= 8'd0;
      minuses[i[SENDER_BITS-1:0]] <= 8'd0;
    end else if (phase == COUNT && event_now) begin
      if (plus && pluses[sender] != 8'd255) pluses[sender] <= pluses[sender] + 8'd1;
      if (minus && minuses[sender] != 8'd255) minuses[sender] <= minuses[sender] + 8'd1;
    end
endmodule
`;

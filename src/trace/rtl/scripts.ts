// How a hand-over is run: run.sh, and the map of ports through which another design is put in the reference's place.
import type { BenchSizes } from './check.ts';

/** A port of the bench's `dut`: direction seen from the design, and width. */
interface Port {
  readonly name: string;
  readonly input: boolean;
  readonly bits: number;
}

const portsOf = (sizes: BenchSizes): Port[] => {
  const port = (name: string, input: boolean, bits = 1): Port => ({ name, input, bits });
  return [
    port('clk', true), port('rst_n', true), port('clear', true), port('in_valid', true), port('in_addr', true, sizes.senderBits),
    port('in_ready', false), port('tick', true), port('done', false), port('out_valid', false), port('out_addr', false, sizes.neuronBits),
    port('bias_we', true), port('bias_index', true, sizes.neuronBits), port('bias_data', true, 16), port('active', true, sizes.blocks),
    port('w_we', true), port('w_addr', true, sizes.weightBits), port('w_wdata', true, 8), port('w_rdata', false, 8),
    port('state_index', true, sizes.neuronBits), port('state', false, sizes.stateBits), port('overflow', false),
  ]; // prettier-ignore
};

/** ports.map for a core that has these ports under the bench's names, and these parameters. */
export function portMap(sizes: BenchSizes, ports: readonly string[], parameters: Readonly<Record<string, number>>): string {
  return `# What the bench (left) is connected to on the design (right). "-": the design has no such port; what the bench would read
# is then 0, and without "state" only spikes are compared. Lines "parameter NAME VALUE" set parameters of the design.
${Object.entries(parameters).map(([name, value]) => `parameter ${name} ${value}\n`).join('')}${portsOf(sizes).map(({ name }) => `port ${name} ${ports.includes(name) ? name : '-'}\n`).join('')}`;
} // prettier-ignore

export interface ScriptOptions {
  readonly sizes: BenchSizes;
  /** Module and file of the reference core, and what it needs beside it. */
  readonly top: string;
  readonly core: string;
  readonly more: readonly string[];
}

export function runScript({ sizes, top, core, more }: ScriptOptions): string {
  const ports = portsOf(sizes);
  const declared = ports.map(({ name, input, bits }) => `  ${input ? 'input' : 'output'} wire ${bits > 1 ? `[${bits - 1}:0] ` : ''}${name}`); // prettier-ignore
  const outputs = ports.filter(({ input }) => !input).map(({ name, bits }) => `${name}=${bits}`);
  return `#!/bin/sh
# Compiles and runs the vectors of this folder; the last line begins with PASS or FAIL, and the exit code is 0 or 1.
#   ./run.sh                              the reference core, with Icarus Verilog
#   ./run.sh --verilator                  lint, then the same with Verilator
#   ./run.sh --dut FILE --top NAME        your design in the core's place (several files: --dut "a.v b.v")
#            [--map FILE]                 its ports (default: ports.map without its parameters)
set -u
cd "$(dirname "$0")" || exit 1
tool=iverilog; dut=; top=${top}; map=; files="${core}"
while [ $# -gt 0 ]; do
  case "$1" in
    --verilator) tool=verilator ;;
    --dut) dut=\${2:?}; files=$dut; shift ;;
    --top) top=\${2:?}; shift ;;
    --map) map=\${2:?}; shift ;;
    *) sed -n '2,6s/^# *//p' "$0"; exit 2 ;;
  esac
  shift
done
mkdir -p build && rm -f failing.vcd build/compile.log build/run.log
fail() { echo "FAIL $*"; exit 1; }
if [ -z "$map" ]; then
  map=ports.map
  [ -z "$dut" ] || { grep -v '^parameter' ports.map > build/own.map; map=build/own.map; }
fi
[ -r "$map" ] || fail "no such map: $map"

# The wrapper between bench and design.
awk -v top="$top" '
  /^parameter / { parameters = parameters (parameters == "" ? "" : ", ") "." $2 "(" $3 ")" }
  /^port / { if ($3 == "-") missing[$2] = 1; else connected = connected (connected == "" ? "" : ",\\n    ") "." $3 "(" $2 ")" }
  END {
    print "// Written by run.sh from the map of ports."
    print "module dut ("
    print "${declared.join(',\\n')}"
    print ");"
    count = split("${outputs.join(' ')}", each, " ")
    for (k = 1; k <= count; k++) { split(each[k], part, "="); if (part[1] in missing) print "  assign " part[1] " = " part[2] "'"'"'d0;" }
    unused = ""
    for (name in missing) unused = unused ", " name
    if (unused != "") print "  wire unused = &{1'"'"'b0" unused "};"
    print "  " top (parameters == "" ? "" : " #(" parameters ")") " unit (\\n    " connected "\\n  );"
    print "endmodule"
  }' "$map" > build/dut.v
state=1
grep -q '^port state -' "$map" && state=0

if [ $tool = iverilog ]; then
  command -v iverilog > /dev/null || fail "iverilog is not installed"
  iverilog -g2001 -Wall -Wno-timescale -Ptb.COMPARE_STATE=$state -s tb -o build/sim.vvp tb.v check.v build/dut.v $files${more.map((file) => ` ${file}`).join('')} > build/compile.log 2>&1 || { cat build/compile.log; fail "it does not compile"; }
  run() { vvp -n build/sim.vvp "$@" 2>&1; }
else
  command -v verilator > /dev/null || fail "verilator is not installed"
  verilator --lint-only -Wall --top-module check -GCOMPARE_STATE=$state check.v build/dut.v $files${more.map((file) => ` ${file}`).join('')} > build/compile.log 2>&1 || { cat build/compile.log; fail "lint"; }
  verilator --cc --exe --build -O3 --top-module check -GCOMPARE_STATE=$state --Mdir build/verilated "$PWD/sim_main.cpp" check.v build/dut.v $files${more.map((file) => ` ${file}`).join('')} > build/build.log 2>&1 || { tail -20 build/build.log; fail "it does not build"; }
  run() { ./build/verilated/Vcheck "$@" 2>&1; }
fi
if grep -iE 'warning|error' build/compile.log; then fail "the compiler had something to say"; fi

run > build/run.log
if grep -iE 'warning|error' build/run.log; then fail "the simulator had something to say"; fi
last=$(grep -E '^(PASS|FAIL)' build/run.log | tail -1)
case "$last" in
  PASS*) grep '^cycles' build/run.log; echo "$last"; [ "$(grep -cE '^(PASS|FAIL)' build/run.log)" = 1 ] || fail "two verdicts" ;;
  FAIL*)
    neuron=$(echo "$last" | sed -n 's/.*neuron \\([0-9]*\\):.*/\\1/p')
    ticks=$(echo "$last" | sed -n 's/.*(tick \\([0-9]*\\) of all).*/\\1/p')
    [ -z "$neuron" ] || awk -F, -v n="$neuron" '$1 == n { print "neuron " n " is " $3 " at address " $2 }' addr_map.csv
    if [ -n "$ticks" ] && [ $tool = iverilog ]; then
      run "+dump_tick=$ticks" > /dev/null
      [ -s failing.vcd ] && echo "the failing tick is in failing.vcd"
    fi
    echo "$last"
    exit 1 ;;
  *) tail -5 build/run.log; fail "no verdict" ;;
esac
`;
} // prettier-ignore

#!/usr/bin/env bash
# Which lines of the program the tests run: so many of each layer, and the lines of policy, ledger and
# authority that none does.
#
#   ./tests/coverage.sh [CARGO-TEST-ARGUMENT…]     --lib --bins --tests, if nothing else is said
#
# Only our own crate is built again, with counters; what it depends on stays as `cargo test` built it.
# target/coverage/lcov.info has all lines, for editors.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/target/coverage
host=$(rustc -vV | sed -n 's/^host: //p')
bin=$(rustc --print sysroot)/lib/rustlib/$host/bin

# The tools have to be of the compiler's LLVM.
if [ ! -x "$bin/llvm-cov" ] && command -v rustup >/dev/null; then
    rustup component add llvm-tools || true
fi
if [ ! -x "$bin/llvm-cov" ]; then
    echo "SKIPPED coverage: there is no llvm-cov of this compiler (\`rustup component add llvm-tools\`)"
    exit 0
fi

rm -rf "$folder/counts"
mkdir -p "$folder/counts"
# Tests run the program with an empty environment, so that LLVM_PROFILE_FILE would not reach it:
# the place is linked in instead. %m is one file for each program; those that run at once share it.
cat >"$folder/place.c" <<END
void __llvm_profile_set_filename(const char *);
__attribute__((constructor)) static void place(void) { __llvm_profile_set_filename("$folder/counts/%m.profraw"); }
END
cc -c "$folder/place.c" -o "$folder/place.o"
# bash, for dash would drop the variable CARGO_BIN_EXE_mtls-ca, whose name is none to a shell.
cat >"$folder/rustc" <<END
#!/usr/bin/env bash
exec "\$@" -C instrument-coverage -C link-arg=$folder/place.o
END
chmod +x "$folder/rustc"

[ $# -gt 0 ] || set -- --lib --bins --tests
export RUSTC_WORKSPACE_WRAPPER=$folder/rustc
# Proc macros and the like of our own there are none, so that every object is a test or the program.
cargo test --locked "$@" --no-run --message-format=json-render-diagnostics >"$folder/built.json"
mapfile -t objects < <(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' "$folder/built.json" | sort -u)
# Whether they pass is the stage `test`'s to say, with a program that is not slowed down by counting.
if ! cargo test --locked "$@" --no-fail-fast >"$folder/tests.log" 2>&1; then
    grep -E '^(test .* FAILED|error)' "$folder/tests.log" | sed 's/^/while counting: /' || true
fi

"$bin/llvm-profdata" merge -sparse "$folder"/counts/*.profraw -o "$folder/all.profdata"
"$bin/llvm-cov" export --format=lcov --instr-profile="$folder/all.profdata" \
    "${objects[@]/#/--object=}" --sources "$PWD/src" >"$folder/lcov.info"
awk -v root="$PWD/" -f tests/coverage/lines.awk "$folder/lcov.info"
# Nobody runs the programs that count again where nothing is kept.
if [ "${CI:-}" = true ]; then
    rm -f "${objects[@]}"
fi

#!/usr/bin/env bash
# All tests, in stages, each with its time. Installs what they use where it may.
#
#   ./tests/run.sh                   everything
#   ./tests/run.sh fast              what needs nothing but Rust: format, lints, cargo test
#   ./tests/run.sh long              everything in its long form: every point instead of a spread of them
#   ./tests/run.sh interop [SYSTEM]  the tests against other people's tools, all or one of them
#   ./tests/run.sh STAGE…            some stages by name (see the end of this file)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

export CARGO_TERM_COLOR=never
export RUST_BACKTRACE=${RUST_BACKTRACE:-0}
tools=$PWD/target/tools
logs=$PWD/target/test-logs
export PATH=$tools/cargo/bin:$PATH
export MTLS_CA_TEST_PYTHON=$tools/python/bin
mkdir -p "$tools" "$logs"

passed=0 failed=0 skipped=0
summary=()

in_ci() { [ "${CI:-}" = true ]; }

# A build server starts from nothing and keeps nothing: what makes the next build fast, or a backtrace
# readable, only fills its disk there, some 50 MB for each of the test programs. A panic still says its line.
if in_ci; then
    export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=symbols
fi

# --- room on the disk ---------------------------------------------------------------------------

# What all stages need together in target/, in megabytes, with something to spare; and in the folder of
# temporary files, where CAs, batches, unpacked corpora and the second release build are.
most_room=14000 most_scratch=1000
if in_ci; then most_room=5000; fi
if [ "${1:-}" = long ]; then most_room=$((most_room + 6000)) most_scratch=4000; fi

free_at() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

# What is in target/ already need not come again. Better told now than by a linker in half an hour.
check_room() {
    local free scratch taken scratch_folder=${TMPDIR:-/tmp} form=${1:-all}
    free=$(free_at target) scratch=$(free_at "$scratch_folder")
    taken=$(du -sm target/. | cut -f 1)
    echo "room: $free MB free for target/, which has $taken MB; $scratch MB free in $scratch_folder"
    case $form in all | long) ;; *) return ;; esac
    if [ $((free + taken)) -lt "$most_room" ]; then
        echo "error: all stages need $most_room MB in target/, and there are $((free + taken))"
        echo "hint: make room there, or put it on another disk: ln -s /elsewhere/target target"
        exit 1
    fi
    if [ "$scratch" -lt "$most_scratch" ]; then
        echo "error: the tests need $most_scratch MB in $scratch_folder, and $scratch are free"
        echo "hint: TMPDIR=/elsewhere ./tests/run.sh"
        exit 1
    fi
}

# --- what the tests use -------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# Debian keeps servers in sbin, which is not on every user's PATH.
# A library is found by a file of its own.
find_command() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || [ -f "$1" ]; }

# install KIND…: what tests/packages.txt lists of these kinds and is not there.
install() {
    local kinds=" $* " missing=() wanted=() modules=() poms=() kind first second
    while read -r kind first second; do
        case $kinds in *" $kind "*) ;; *) continue ;; esac
        case $kind in
            apt) find_command "$first" || missing+=("$second") ;;
            pip) wanted+=("$first") ;;
            npm) modules+=("\"$first\": \"$second\"") ;;
            mvn) poms+=("$first") ;;
            cargo | long | audit) install_cargo "$first" "$second" || return 1 ;;
            go) install_go "$first" || return 1 ;;
        esac
    done < <(grep -v '^#' tests/packages.txt)
    if [ ${#missing[@]} -gt 0 ]; then
        if may_install; then
            as_root apt-get update -qq &&
                as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" || return 1
        elif in_ci; then
            echo "missing, and may not be installed from here: ${missing[*]}"
            return 1
        else
            echo "missing: apt-get install ${missing[*]}   (their tests are skipped)"
        fi
    fi
    [ ${#wanted[@]} -eq 0 ] || install_pip "${wanted[@]}" || return 1
    [ ${#modules[@]} -eq 0 ] || install_npm "${modules[@]}" || return 1
    for first in ${poms[@]+"${poms[@]}"}; do
        install_mvn "$first" || return 1
    done
}

install_pip() {
    local list="$*"
    [ -x "$tools/python/bin/python" ] && [ "$(cat "$tools/python/installed" 2>/dev/null)" = "$list" ] && return 0
    rm -rf "$tools/python"
    if ! python3 -m venv "$tools/python" 2>/dev/null; then
        may_install && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
        rm -rf "$tools/python"
        python3 -m venv "$tools/python" || return 1
    fi
    "$tools/python/bin/pip" install --quiet "$@" && echo "$list" >"$tools/python/installed"
}

# What the listed packages need besides is pinned by tests/package-lock.json; where that is missing,
# npm chooses, and its choice in target/tools/node/package-lock.json is the next one's to keep.
install_npm() {
    local list folder=$tools/node
    list=$(printf '%s, ' "$@")
    list="{ \"private\": true, \"dependencies\": { ${list%, } } }"
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$list" ] && return 0
    command -v npm >/dev/null || { in_ci && return 1; echo "missing: npm   (tests of its packages are skipped)"; return 0; }
    rm -rf "$folder" && mkdir -p "$folder"
    local verb=install
    [ -f tests/package-lock.json ] && cp tests/package-lock.json "$folder" && verb=ci
    echo "$list" >"$folder/package.json"
    (cd "$folder" && npm "$verb" --silent --no-audit --no-fund --ignore-scripts) &&
        echo "$list" >"$folder/installed"
}

# A program in Go with its modules, which go.sum pins, built into target/tools/go under its folder's name.
install_go() {
    local folder=$1 name sum
    name=$(basename "$folder")
    command -v go >/dev/null || { in_ci && return 1; echo "missing: go   (tests that use $name are skipped)"; return 0; }
    sum=$(cat "$folder"/*.go "$folder/go.mod" "$folder/go.sum" | sha256sum)
    [ -x "$tools/go/$name" ] && [ "$(cat "$tools/go/$name.built" 2>/dev/null)" = "$sum" ] && return 0
    mkdir -p "$tools/go"
    if GOTOOLCHAIN=local GOFLAGS=-mod=readonly go build -C "$folder" -trimpath -ldflags=-s -o "$tools/go/$name" .; then
        echo "$sum" >"$tools/go/$name.built"
    else
        in_ci && return 1
        echo "not built: $folder   (its tests are skipped; go.mod says which Go it wants)"
    fi
}

# What a POM depends on, into a folder of the POM's own; a distribution among it is unpacked.
install_mvn() {
    local pom=$1 folder archive
    folder=$tools/java/$(basename "$(dirname "$pom")")
    cmp -s "$pom" "$folder/fetched" && return 0
    command -v mvn >/dev/null || { in_ci && return 1; echo "missing: mvn   (tests of $pom are skipped)"; return 0; }
    rm -rf "$folder"
    mvn --batch-mode --quiet --file "$pom" -DoutputDirectory="$folder/lib" \
        org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies || return 1
    for archive in "$folder"/lib/*.zip; do
        [ -f "$archive" ] || continue
        (cd "$folder" && jar --extract --file "$archive") && rm "$archive" || return 1
    done
    cp "$pom" "$folder/fetched"
}

install_cargo() {
    "$tools/cargo/bin/$1" --version 2>/dev/null | grep -qF "$2" && return 0
    # Without optimisation it is built in a third of the time, and runs for a second.
    cargo install --quiet --locked --debug --root "$tools/cargo" --target-dir "$tools/build" "$1" --version "$2" &&
        rm -rf "$tools/build"
}

# --- stages -------------------------------------------------------------------------------------

# stage NAME COMMAND…: runs it, counts what it tested, says how long it took.
stage() {
    local name=$1 log=$logs/$1.log start=$SECONDS outcome=ok p f s loud
    shift
    echo "=== $name: $*"
    if "$@" >"$log" 2>&1 </dev/null; then outcome=ok; else outcome=FAILED; fi
    # cargo test counts for itself; a stage without counts is one test.
    p=$(sum passed "$log") f=$(sum failed "$log") loud=$(grep -c '^SKIPPED' "$log")
    s=$loud
    if [ "$p" = 0 ] && [ "$f" = 0 ]; then
        [ "$outcome" = ok ] && p=1 || f=1
    elif [ "$outcome" = FAILED ] && [ "$f" = 0 ]; then
        f=1
    fi
    grep -E '^(SKIPPED|REPORT)' "$log"
    if in_ci && grep -q '^SKIPPED system' "$log"; then
        outcome=FAILED f=$((f + loud)) s=0
    fi
    if [ "$outcome" = FAILED ]; then
        grep -E '^(test .* FAILED|failures:|error)' "$log" | head -40
        tail -n 120 "$log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    summary+=("$(printf '%-14s %-7s %4ds  %4d passed %3d failed %3d skipped  %6d MB free' \
        "$name" "$outcome" $((SECONDS - start)) "$p" "$f" "$s" "$(free_at target)")")
    echo "${summary[-1]}"
}

sum() { grep -E '^test result:' "$2" | grep -oE "[0-9]+ $1" | awk '{ n += $1 } END { print n + 0 }'; }

do_install() { install "$@"; }
do_fmt() { cargo fmt --check && rustfmt --check --edition 2024 fuzz/src/*.rs fuzz/fuzz_targets/*.rs; }
do_clippy() {
    # What may not be in the program may be in a test: a test may panic, print, and read the clock.
    local lint allowed=()
    for lint in disallowed_methods exit expect_used indexing_slicing panic print_stderr print_stdout string_slice unwrap_used; do
        allowed+=(-A "clippy::$lint")
    done
    cargo clippy --lib --bins --all-features --locked -- -D warnings &&
        cargo clippy --tests --examples --benches --all-features --locked -- -D warnings "${allowed[@]}"
}
do_build() { cargo build --all-targets --locked; }
do_lean() { cargo check --lib --no-default-features --locked; }
do_test() { cargo test --locked --lib --bins --tests --examples --no-fail-fast; }
do_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked && cargo test --locked --doc; }
do_life() { cargo test --locked --no-fail-fast --test two_years --test life_faults -- --include-ignored --nocapture --test-threads 2; }
do_faults() { cargo test --locked --no-fail-fast --test concurrency --test crash --test storm -- --include-ignored --nocapture --test-threads 1; }
# Other people's test data: what is in ../shared/corpora, or in $MTLS_CA_CORPORA.
do_corpora() { cargo test --locked --no-fail-fast --test limbo --test zlint --test parser_corpus -- --include-ignored --nocapture; }
do_hostile() { cargo test --locked --no-fail-fast --test hostile_requests --test hostile_damage -- --ignored --nocapture; }
do_interop() {
    # With all systems, the matrix is made from nothing; with one, the others' rows stay.
    [ $# -gt 0 ] || rm -rf target/consumers
    cargo test --locked --no-fail-fast --test interop -- --ignored "${@//-/_}"
}
do_matrix() { cargo test --locked --test consumers -- --ignored; }
do_quickstart() { cargo test --locked --test quickstart -- --ignored; }
do_scripts() {
    local script status=0 list=(.ci/run tests/*.sh examples/*.sh examples/*/*.sh benches/*.sh release/*.sh fuzz/*.sh)
    for script in "${list[@]}"; do
        bash -n "$script" || status=1
        [ -x "$script" ] || { echo "$script is not executable"; status=1; }
    done
    if command -v shellcheck >/dev/null; then
        shellcheck "${list[@]}" || status=1
    else
        echo "SKIPPED shellcheck: it is not installed"
    fi
    return $status
}
do_deny() {
    cargo-deny --version >/dev/null || return 1
    cargo-deny --all-features check --hide-inclusion-graph bans licenses sources || return 1
    # The advisory database is fetched from its repository, which not every build machine reaches.
    if cargo-deny fetch db; then
        cargo-deny --all-features check --hide-inclusion-graph advisories
    else
        echo "SKIPPED advisories: the advisory database cannot be fetched from here"
    fi
}

do_coverage() { ./tests/coverage.sh; }
do_miri() {
    # Miri comes with nightly Rust alone, and interprets the standard library from its source.
    if ! cargo +nightly miri --version >/dev/null 2>&1 && command -v rustup >/dev/null; then
        rustup toolchain install nightly --profile minimal --component miri,rust-src --no-self-update
    fi
    if ! cargo +nightly miri --version >/dev/null 2>&1 || ! cargo +nightly miri setup; then
        echo "SKIPPED miri: it is not there, and cannot be fetched (\`rustup toolchain install nightly -c miri,rust-src\`)"
        return 0
    fi
    # The C parts of the crates are compiled, for their build scripts want it, and never run.
    cargo +nightly miri test --locked --lib --target-dir target/miri \
        --config 'profile.dev.package."*".opt-level=0' -- words::
}
do_sbom() {
    local python=$tools/python/bin/python host
    [ -x "$python" ] || python=python3
    host=$(rustc -vV | sed -n 's/^host: //p')
    ./release/sbom.py "$host" >target/mtls-ca.cdx.json &&
        ./release/sbom.py "$host" | cmp - target/mtls-ca.cdx.json &&
        "$python" tests/check_sbom.py target/mtls-ca.cdx.json Cargo.lock
}
do_audit() {
    local database=$PWD/target/advisory-db
    if ! GIT_TERMINAL_PROMPT=0 timeout 60 git clone --quiet --depth 1 https://github.com/RustSec/advisory-db.git "$database.new"; then
        rm -rf "$database.new"
        echo "SKIPPED cargo audit: the advisory database cannot be fetched from here"
        return 0
    fi
    rm -rf "$database" && mv "$database.new" "$database"
    install audit && cargo-audit audit --no-fetch --db "$database" --deny warnings
}
do_api() { ./tests/public_api.sh; }
do_reproducible() { ./tests/reproducible.sh; }
do_fuzz() { ./fuzz/run.sh 30; }

# In order, one a line.
everything=(
    install
    fmt
    clippy
    lean
    build
    test
    doc
    scripts
    corpora
    faults
    life
    hostile
    quickstart
    interop
    matrix
    coverage
    tools
    deny
    sbom
)

# What only the long form has besides.
longer=(
    miri
    more_tools
    audit
    api
    reproducible
    fuzz
)

main() {
    local stages=("$@")
    check_room "$@"
    case "${1:-all}" in
        all) stages=("${everything[@]}") ;;
        long)
            # The tests ask for it, and then do all that they otherwise do a spread of.
            export MTLS_CA_LONG=true
            stages=("${everything[@]}" ${longer[@]+"${longer[@]}"})
            ;;
        fast) stages=(fmt clippy build test) ;;
        interop)
            stage install do_install apt pip npm mvn go
            stage interop do_interop "${@:2}"
            stages=()
            ;;
    esac
    local name
    for name in ${stages[@]+"${stages[@]}"}; do
        case $name in
            install) stage install do_install apt pip npm mvn go ;;
            tools) stage tools do_install cargo ;;
            more_tools) stage more_tools do_install long ;;
            *) declare -F "do_$name" >/dev/null || { echo "no stage is called $name"; exit 2; }; stage "$name" "do_$name" ;;
        esac
    done
    echo
    printf '%s\n' "${summary[@]}"
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

main "$@"

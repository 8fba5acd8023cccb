# Reads LCOV, says how many lines of each layer were run, and which of three layers were not.
# Unit tests do not count: neither tests.rs and tests/, nor what stands below #[cfg(test)].

function layer(path, parts) {
    split(path, parts, "/")
    sub(/\.rs$/, "", parts[2])
    return parts[2]
}

# Reads the source, so that the lines can be shown, up to where its tests begin.
function read(path, line) {
    last = 0
    while ((getline line < (root path)) > 0) {
        if (line ~ /^#\[cfg\(test\)\]/) break
        source[++last] = line
    }
    close(root path)
}

/^SF:/ {
    path = substr($0, 4)
    sub("^" root, "", path)
    counted = path ~ /^src\// && path !~ /\/tests(\.rs$|\/)/
    if (counted) read(path)
}

counted && /^DA:/ {
    split(substr($0, 4), field, ",")
    if (field[1] > last) next
    name = layer(path)
    lines[name]++
    if (field[2] > 0) { run[name]++; next }
    if (name == "policy" || name == "ledger" || name == "authority") {
        text = source[field[1]]
        sub(/^[ \t]+/, "", text)
        missing[++missed] = sprintf("untested %s:%d: %s", path, field[1], text)
    }
}

END {
    for (i = 1; i <= missed; i++) print missing[i]
    for (name in lines) {
        all += lines[name]
        hit += run[name]
        printf "REPORT coverage %-10s %5d of %5d lines %5.1f %%\n", name, run[name], lines[name], 100 * run[name] / lines[name] | "sort"
    }
    close("sort")
    printf "REPORT coverage %-10s %5d of %5d lines %5.1f %%\n", "all", hit, all, 100 * hit / all
}

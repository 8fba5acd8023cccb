#!/usr/bin/env python3
"""Chooses the small corpora that are committed, out of what the fuzzers have learnt.

    ./fuzz/minimise.py PROGRAMS TARGET=FOLDER[,FOLDER...]...

PROGRAMS is where the built targets are. Of the files of the folders those are taken that reach most edges of the
program that no other one reaches, by size, until fuzz/corpus/TARGET is full. libFuzzer's own merge tells which edges
each file reaches.
"""

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Other people's files are not ours to hand on as they are; where `run.sh` unpacked them.
FOREIGN = pathlib.Path(__file__).parent.parent / "target/fuzz/parser/files"
MOST_FILES = 140
MOST_OCTETS = 190_000
LARGEST = 8_192


def edges(program, folders):
    """The edges that each file reaches."""
    with tempfile.TemporaryDirectory() as scratch:
        control = pathlib.Path(scratch, "control")
        merged = pathlib.Path(scratch, "merged")
        merged.mkdir()
        words = [program, "-merge=1", f"-merge_control_file={control}", f"-max_len={LARGEST}", merged, *folders]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = control.read_text().splitlines()
    names = lines[2 : 2 + int(lines[0])]
    reached = {}
    for line in lines[2 + len(names) :]:
        kind, *numbers = line.split()
        if kind == "COV":
            reached[names[int(numbers[0])]] = set(map(int, numbers[1:]))
    return reached


def digest(name):
    return hashlib.sha1(pathlib.Path(name).read_bytes()).hexdigest()[:16]


def holds_key(name):
    """A private key in PEM; where what would be secret is all 01, it is none."""
    for body in re.findall(rb"-----BEGIN [^-]*PRIVATE KEY-----([^-]*)", pathlib.Path(name).read_bytes()):
        body = b"".join(body.split())
        if len(body) > 40 and b"AQEB" * 8 not in body:
            return True
    return False


def chosen(reached):
    """Greedily, what is new by size."""
    sizes = {name: pathlib.Path(name).stat().st_size for name in reached}
    foreign = {digest(file) for file in FOREIGN.glob("*")}
    left = {name: found for name, found in reached.items() if sizes[name] <= LARGEST and digest(name) not in foreign}
    left = {name: found for name, found in left.items() if not holds_key(name)}
    covered, taken, octets = set(), [], 0
    while left and len(taken) < MOST_FILES:
        best = max(left, key=lambda name: (len(left[name] - covered) / (sizes[name] + 100), name))
        new = left.pop(best) - covered
        if not new:
            break
        if octets + sizes[best] <= MOST_OCTETS:
            covered |= new
            octets += sizes[best]
            taken.append(best)
    return taken, len(covered), len(set().union(*reached.values()))


def main():
    programs = pathlib.Path(sys.argv[1])
    for word in sys.argv[2:]:
        target, _, folders = word.partition("=")
        taken, covered, of = chosen(edges(programs / target, folders.split(",")))
        corpus = pathlib.Path(__file__).parent / "corpus" / target
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        for name in taken:
            shutil.copyfile(name, corpus / digest(name))
        print(f"{target}: {len(taken)} files, {covered} of {of} edges")


main()

#!/usr/bin/env python3
"""Writes what the program is made of as a CycloneDX 1.6 document in JSON, to standard output.

    ./release/sbom.py TARGET        for example x86_64-unknown-linux-gnu

Crates come from `cargo tree` and `cargo metadata`, their digests from Cargo.lock. What ends up in the program is
`required`, what only builds it (build scripts, macros and what they use) is `excluded`. The C sources that
two crates bring along are components of their own. The same commit gives the same bytes.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# C code inside of crates: the crate, what it holds, its licence where it is not the crate's, its home, and
# the line of which file has its version.
BUNDLED = {
    "aws-lc-sys": ("aws-lc", None, "https://github.com/aws/aws-lc",
                   "aws-lc/include/openssl/base.h", r'AWSLC_VERSION_NUMBER_STRING "([^"]+)"'),
    "libsqlite3-sys": ("sqlite", "blessing", "https://www.sqlite.org",
                       "sqlite3/sqlite3.h", r'SQLITE_VERSION\s+"([^"]+)"'),
}


def metadata(target):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def digests():
    with open(ROOT / "Cargo.lock", "rb") as file:
        lock = tomllib.load(file)
    return {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}


def tree(target, edges):
    """Name and version of every crate that is reached. `cargo metadata` also lists those of features that are off."""
    command = ["cargo", "tree", "--locked", "--target", target, "--edges", edges, "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {(words[0], words[1].removeprefix("v")) for words in map(str.split, lines) if words}


def component(package, digest, scope):
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    described = {"type": "library", "bom-ref": purl, "name": name, "version": version, "scope": scope, "purl": purl}
    if package["description"]:
        described["description"] = " ".join(package["description"].split())
    if package["license"]:
        # Old manifests have a slash for OR.
        described["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if digest:
        described["hashes"] = [{"alg": "SHA-256", "content": digest}]
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described


def bundled(package):
    name, licence, url, header, pattern = BUNDLED[package["name"]]
    text = (Path(package["manifest_path"]).parent / header).read_text()
    version = re.search(pattern, text).group(1)
    reference = f"pkg:generic/{name}@{version}"
    return {"type": "library", "bom-ref": reference, "name": name, "version": version, "scope": "required",
            "purl": reference, "licenses": [{"expression": licence or package["license"]}],
            "externalReferences": [{"type": "website", "url": url}]}


def document(target):
    read = metadata(target)
    root = read["resolve"]["root"]
    packages = {package["id"]: package for package in read["packages"]}
    key = {identity: (package["name"], package["version"]) for identity, package in packages.items()}
    building, inside = tree(target, "normal,build"), tree(target, "normal,no-proc-macro")
    digest = digests()

    components, dependencies = [], []
    for node in sorted(read["resolve"]["nodes"], key=lambda node: key[node["id"]]):
        identity = node["id"]
        if key[identity] not in building:
            continue
        package = packages[identity]
        scope = "required" if key[identity] in inside else "excluded"
        described = component(package, digest.get(key[identity]), scope)
        on = {"pkg:cargo/{}@{}".format(*key[d["pkg"]]) for d in node["deps"] if key[d["pkg"]] in building
              and any(kind["kind"] != "dev" for kind in d["dep_kinds"])}
        if package["name"] in BUNDLED:
            source = bundled(package)
            components.append(source)
            dependencies.append({"ref": source["bom-ref"], "dependsOn": []})
            on.add(source["bom-ref"])
        dependencies.append({"ref": described["bom-ref"], "dependsOn": sorted(on)})
        if identity == root:
            subject = described | {"type": "application"}
            del subject["scope"]
        else:
            components.append(described)

    made = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": subject,
            "properties": [{"name": "target", "value": target}],
        },
        "components": components,
        "dependencies": dependencies,
    }
    # A number of its own for each content, and the same one for the same content.
    whole["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(whole, sort_keys=True)).urn
    return whole


if len(sys.argv) != 2:
    sys.exit(__doc__)
json.dump(document(sys.argv[1]), sys.stdout, indent=2)
print()

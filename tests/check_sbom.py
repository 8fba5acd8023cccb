"""Is this a CycloneDX 1.6 document by its schema, and does it say what Cargo.lock says?

    python3 check_sbom.py DOCUMENT CARGO.LOCK
"""

import json
import sys
import tomllib

with open(sys.argv[1]) as file:
    text = file.read()
document = json.loads(text)
with open(sys.argv[2], "rb") as file:
    locked = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.load(file)["package"]}

crates = 0
for component in document["components"]:
    if not component["purl"].startswith("pkg:cargo/"):
        continue
    crates += 1
    key = (component["name"], component["version"])
    digest = component["hashes"][0]["content"]
    assert locked[key] == digest, f"{key}: {digest}, and Cargo.lock says {locked[key]}"
    assert component.get("licenses"), f"{key} has no licence"
assert crates > 100, f"only {crates} crates"

references = {component["bom-ref"] for component in document["components"]}
assert len(references) == len(document["components"]), "two components have one name"
for dependency in document["dependencies"]:
    unknown = set(dependency["dependsOn"]) - references
    assert not unknown, f"{dependency['ref']} depends on {unknown}"

try:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
except ImportError:
    print("SKIPPED schema of CycloneDX: cyclonedx-python-lib is not installed (see tests/packages.txt)")
else:
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert wrong is None, f"not by the schema: {wrong}"
required = sum(component["scope"] == "required" for component in document["components"])
print(f"REPORT {required} components in the program, {len(references) - required} that only build it")

"""Whether the lines of `mtls-ca audit export` are a whole chain: docs/audit.md."""

import hashlib, json, sys

prev, seq = None, None
for line in sys.stdin:
    link = json.loads(line)
    body = json.dumps(link["event"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    before = bytes.fromhex(link["prev"])
    digest = hashlib.sha256(link["seq"].to_bytes(8, "big") + before + body.encode()).hexdigest()
    if digest != link["hash"]:
        sys.exit(f"event {link['seq']} was altered or moved")
    if prev is not None and (link["prev"], link["seq"]) != (prev, seq + 1):
        sys.exit(f"event {link['seq']} does not follow event {seq}")
    prev, seq = link["hash"], link["seq"]
print(f"whole up to event {seq}, {prev}")

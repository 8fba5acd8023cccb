"""What pkilint remarks on each file of a table: lint.py MANIFEST."""

import contextlib
import csv
import io
import json
import sys
import tempfile

from pkilint.bin import lint_crl, lint_ocsp_response, lint_pkix_cert, lint_pkix_signer_signee_cert_chain

COMMON = ["-s", "NOTICE", "-f", "JSON"]


def remarks(linter, words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = linter.main(["lint", *COMMON, *words])
    if not out.getvalue():
        return [err.getvalue().strip() or f"it ended with {code}"]
    found = []
    for result in json.loads(out.getvalue())["results"]:
        for finding in result["finding_descriptions"]:
            found.append(f"{finding['severity']} {finding['code']}: {finding.get('message')}")
    return found


def judge(kind, file, issuer):
    if kind == "certificate":
        return remarks(lint_pkix_cert, [file]) + remarks(lint_pkix_signer_signee_cert_chain, [issuer, file])
    if kind == "crl":
        return remarks(lint_crl, ["-t", "CRL", "-p", "PKIX", file])
    return remarks(lint_ocsp_response, ["--document-format", "DER", file])


def main(manifest):
    judged = 0
    with open(manifest, newline="", encoding="utf-8") as table:
        for name, kind, _, _, file, issuer, *_ in csv.reader(table, delimiter="\t"):
            for remark in judge(kind, file, issuer):
                print(name, " ".join(remark.split()), sep="\t")
            judged += 1
    print("judged", judged, sep="\t")


main(*sys.argv[1:])

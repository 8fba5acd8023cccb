// Demands a client certificate: node server.js PORT CERT KEY CA CRLS
const { readFileSync } = require("node:fs");
const https = require("node:https");

const [port, cert, key, ca, crls] = process.argv.slice(2);
// Node reads the first CRL of each text only.
const crl = readFileSync(crls, "utf8").split(/(?<=-----END X509 CRL-----\n)/).filter((text) => text.trim());
const options = {
  cert: readFileSync(cert),
  key: readFileSync(key),
  ca: readFileSync(ca),
  crl,
  requestCert: true,
  rejectUnauthorized: true,
};
https.createServer(options, (request, response) => response.end("hello\n")).listen(Number(port), "127.0.0.1");

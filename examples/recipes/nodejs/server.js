// An HTTPS service with mutual TLS. Who has no certificate of our CA, or a revoked one, gets no
// connection; who has one and is not on the list gets 403.
'use strict';

const fs = require('node:fs');
const https = require('node:https');

// The subjects that are let in, as RFC 2253 writes them.
const ALLOWED = new Set({{ allow | map(attribute="dn") | select | list | json }});

const files = () => ({
  cert: fs.readFileSync({{ cert | json }}),
  key: fs.readFileSync({{ key | json }}),
  ca: fs.readFileSync({{ ca | json }}),
  // Node reads only the first CRL of a text, so each gets its own.
  crl: fs.readFileSync({{ crl | json }}, 'utf8').match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g),
  minVersion: 'TLSv1.2',
});

// How often the files were read, and when the last time. A connection belongs to the reading that it
// was made under; one from before may still ask once, for as long as a request is on its way.
let reading = 0;
let since = 0;
const ON_ITS_WAY = 1_000;

const server = https.createServer({ ...files(), requestCert: true, rejectUnauthorized: true }, (request, response) => {
  const { socket } = request;
  if (socket.reading !== reading) {
    if (Date.now() - since > ON_ITS_WAY) return socket.destroy();
    response.setHeader('Connection', 'close');
  }
  response.on('close', () => socket.reading !== reading && socket.destroySoon());
  const { subject, serialNumber } = socket.getPeerX509Certificate();
  const name = (subject ?? '').split('\n').reverse().join(',');
  response.statusCode = ALLOWED.has(name) ? 200 : 403;
  console.log(`${response.statusCode} ${name} ${serialNumber}`);
  response.end(response.statusCode === 200 ? `hello ${name}\n` : `${name} is not on the list\n`);
});
server.on('secureConnection', (socket) => { socket.reading = reading; });
server.on('tlsClientError', (error, socket) => console.log(`refused: ${socket.authorizationError ?? error.code}`));

// New files after a renewal, a new CRL or a new root: what comes from now on is judged by them.
process.on('SIGHUP', () => {
  try {
    server.setSecureContext(files());
  } catch (error) {
    return console.log(`the files are not taken up: ${error.message}`);
  }
  reading += 1;
  since = Date.now();
  server.closeIdleConnections();
  console.log('the files were read again');
});

server.listen({{ port }}, () => fs.writeFileSync({{ (dir ~ "/server.pid") | json }}, `${process.pid}\n`));

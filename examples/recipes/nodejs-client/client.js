// A client that presents its certificate, and talks to nobody but a server of our CA.
'use strict';

const fs = require('node:fs');
const https = require('node:https');

const agent = new https.Agent({
  cert: fs.readFileSync({{ cert | json }}),
  key: fs.readFileSync({{ key | json }}),
  ca: fs.readFileSync({{ ca | json }}),
  // Node reads only the first CRL of a text, so each gets its own.
  crl: fs.readFileSync({{ crl | json }}, 'utf8').match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g),
  minVersion: 'TLSv1.2',
  keepAlive: true,
});

const request = https.get({{ url | json }}, { agent, timeout: 10_000 }, async (response) => {
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  console.log(response.statusCode, text);
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', (error) => {
  console.error(error.code ?? error.message);
  process.exitCode = 1;
});

// A client that presents its certificate, and talks to nobody but a server of our CA.
'use strict';

const fs = require('node:fs');
const https = require('node:https');
const axios = require('axios');

const client = axios.create({
  baseURL: {{ url | json }},
  proxy: false,
  timeout: 10_000,
  httpsAgent: new https.Agent({
    cert: fs.readFileSync({{ cert | json }}),
    key: fs.readFileSync({{ key | json }}),
    ca: fs.readFileSync({{ ca | json }}),
    // Node reads only the first CRL of a text, so each gets its own.
    crl: fs.readFileSync({{ crl | json }}, 'utf8').match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g),
    minVersion: 'TLSv1.2',
    keepAlive: true,
  }),
});

client.get('').then(
  ({ status, data }) => console.log(status, data),
  (error) => {
    console.error(error.code ?? error.message, error.response?.status ?? '');
    process.exitCode = 1;
  },
);

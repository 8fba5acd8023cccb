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
    // One file for each CRL: Node reads only the first one of a file.
    crl: {{ crls | json }}.map((path) => fs.readFileSync(path)),
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

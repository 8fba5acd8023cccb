// Asks once with the given certificate; exit code 3 where the server closes the connection.
//
//   node client.js PORT CA CERTIFICATE KEY      (empty: no certificate)

const fs = require('node:fs');
const https = require('node:https');

const [port, ca, cert, key] = process.argv.slice(2);
const options = { host: 'localhost', port, family: 4, agent: false, ca: fs.readFileSync(ca) };
if (cert) Object.assign(options, { cert: fs.readFileSync(cert), key: fs.readFileSync(key) });

https
  .get(options, (response) => {
    let body = '';
    response.on('data', (part) => (body += part));
    response.on('end', () => console.log(response.statusCode, body));
  })
  .on('error', (error) => {
    console.error(error.code, error.message);
    process.exit(['ECONNRESET', 'EPIPE'].includes(error.code) || /alert|hang up/.test(error.message) ? 3 : 1);
  });

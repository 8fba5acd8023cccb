// An HTTPS server that demands client certificates (second port), and one that only looks (first).
//
//   node server.js LOOKING DEMANDING

const fs = require('node:fs');
const https = require('node:https');

const files = {
  key: fs.readFileSync('server/localhost.key'),
  cert: fs.readFileSync('server/localhost.crt'),
  ca: fs.readFileSync('root/ca.crt'),
  requestCert: true,
};

function serve(port, mode, rejectUnauthorized) {
  const server = https.createServer({ ...files, rejectUnauthorized }, (request, response) => {
    const { subject = {}, subjectaltname } = request.socket.getPeerCertificate();
    const verdict = request.client.authorized ? 'authorized' : `unauthorized: ${request.client.authorizationError}`;
    console.log(`${mode}: ${subject.CN} ${verdict}`);
    response.end(`hello ${subject.CN}, known as ${subjectaltname}, ${verdict}\n`);
  });
  server.on('tlsClientError', (error) => console.log(`${mode}: refused ${error.code}`));
  server.listen(port, '127.0.0.1');
}

serve(Number(process.argv[2]), 'lenient', false);
serve(Number(process.argv[3]), 'strict', true);

// Fan-out with npm's ws: each message of /pub goes to every /sub; /echo answers. Prints {"port":N}.
import http from 'node:http';
import { WebSocketServer } from 'ws';

const server = http.createServer();
const subscribers = new Set();
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  if (request.url === '/sub') {
    subscribers.add(socket);
    socket.on('close', () => subscribers.delete(socket));
  }
  socket.on('message', (data) => {
    if (request.url === '/echo') socket.send(data, { binary: false });
    if (request.url === '/pub') for (const one of subscribers) one.send(data, { binary: false });
  });
});
server.listen(0, '127.0.0.1', 4096, () => console.log(JSON.stringify({ port: server.address().port })));

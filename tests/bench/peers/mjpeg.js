// One camera to many viewers with npm's mjpeg-proxy: node mjpeg.js CAMERA_URL. Prints {"port":N}.
import http from 'node:http';
import { MjpegProxy } from 'mjpeg-proxy';

const proxy = new MjpegProxy(process.argv[2]);
const server = http.createServer((request, response) => proxy.proxyRequest(request, response));
server.listen(0, '127.0.0.1', 4096, () => console.log(JSON.stringify({ port: server.address().port })));

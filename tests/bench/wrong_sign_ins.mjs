// Guesses passwords at a hub: node wrong_sign_ins.mjs ORIGIN RATE SECONDS. Each guess names another account, so that no
// back-off by account spares the hub the work. Prints {"guessing":true} when it has begun and one line of JSON at its end.
import { Agent, request } from 'node:http';

const [origin, rateText, secondsText] = process.argv.slice(2);
const rate = Number(rateText);
const total = rate * Number(secondsText);
const agent = new Agent({ keepAlive: true, maxSockets: 128 });
const statuses = {};
let done = 0;
let sent = 0;

function guess(number) {
  const body = JSON.stringify({ username: `nobody-${number}`, password: 'correct horse battery staple' });
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length, Origin: origin };
  const going = request(`${origin}/api/v1/session`, { method: 'POST', agent, headers }, (answer) => {
    answer.resume();
    answer.on('end', () => count(answer.statusCode));
  });
  going.on('error', () => count('broken'));
  going.end(body);
}

function count(status) {
  statuses[status] = (statuses[status] ?? 0) + 1;
  done += 1;
  if (done === total) end();
}

function end() {
  console.log(JSON.stringify({ guesses: done, statuses }));
  process.exit(0);
}

console.log('{"guessing":true}');
const began = performance.now();
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
  while (sent < due) guess(sent++);
  if (sent === total) {
    clearInterval(timer);
    setTimeout(end, 10_000); // whatever has no answer by then
  }
}, 5);

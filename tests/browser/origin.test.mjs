// A page of another origin, opened in a browser that is signed in here.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as askHub } from 'node:http';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import { enter, eventually, openBrowser } from './support/people.mjs';
import { askDevice } from './support/wire.mjs';

let hub, browser, ada, foreign, server;

before(async () => {
  hub = await Hub.start();
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
  server = createServer((_, answer) =>
    answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  foreign = await ada.context().newPage();
  await foreign.goto(`http://127.0.0.1:${server.address().port}/`);
});
after(async () => {
  await browser?.close();
  server?.close();
  await hub?.end();
});

test('its WebSocket is refused', async () => {
  const opened = await foreign.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.addEventListener('open', () => resolve(true));
        socket.addEventListener('error', () => resolve(false));
      }),
    new URL('/api/v1/live', hub.url).href.replace('http', 'ws'),
  );
  assert.equal(opened, false);
});

test('it can read nothing', async () => {
  for (const path of ['/api/v1/session', '/api/v1/devices', '/plugins/laser_turret/1.0.0/panel.js']) {
    const read = await foreign.evaluate(
      (url) =>
        fetch(url, { credentials: 'include' }).then(
          (answer) => answer.status,
          () => 'refused',
        ),
      new URL(path, hub.url).href,
    );
    assert.equal(read, 'refused', path);
  }
});

test('it can change nothing: no stop, no turn, no session', async () => {
  const post = (path) =>
    foreign.evaluate(
      (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).catch(() => null),
      new URL(path, hub.url).href,
    );
  await post('/api/v1/devices/lab-turret/stop');
  await post('/api/v1/stop');
  await post('/api/v1/devices/lab-turret/turn');
  const device = await askDevice(ada);
  assert.equal(device.stop.state, 'none');
  assert.equal(device.turn.holder, null);
});

test('it cannot show a page of ours in a frame', async () => {
  const addresses = ['/', '/devices/lab-turret'].map((path) => new URL(path, hub.url).href);
  await foreign.evaluate((urls) => {
    for (const url of urls) {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    }
  }, addresses);
  // What is refused makes room for the browser's own error page.
  await eventually(() => {
    const shown = foreign.frames().filter((frame) => frame !== foreign.mainFrame());
    assert.deepEqual(
      shown.map((frame) => frame.url()),
      addresses.map(() => 'chrome-error://chromewebdata/'),
    );
  });
  for (const address of addresses) {
    const answer = await ada.request.get(address);
    assert.match(answer.headers()['content-security-policy'] ?? '', /frame-ancestors 'none'/, address);
  }
});

test('behind a proxy that lets no WebSockets through the page says so', async () => {
  const proxy = createServer((request, answer) => {
    const headers = { ...request.headers, connection: 'close' };
    delete headers.upgrade;
    const asked = askHub(new URL(request.url, hub.url), { method: request.method, headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    asked.on('error', () => answer.destroy());
    request.pipe(asked);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const page = await enter(browser, { url: `http://127.0.0.1:${proxy.address().port}/` }, 'Cy', '/');
  const said = 'Does a proxy on the way let WebSockets through?';
  await page.locator('rh-connection').getByText(said).waitFor();
  await page.getByRole('alert').filter({ hasText: said }).waitFor({ state: 'attached' });
  await page.context().close();
  proxy.close();
});

test('the page is served with a policy that allows no inline script', async () => {
  const policy = (await ada.request.get(hub.url)).headers()['content-security-policy'] ?? '';
  assert.match(policy, /(default-src|script-src) 'self'/);
  const scripts = /script-src[^;]*/.exec(policy)?.[0] ?? /default-src[^;]*/.exec(policy)?.[0] ?? '';
  assert.doesNotMatch(scripts, /unsafe/);
});

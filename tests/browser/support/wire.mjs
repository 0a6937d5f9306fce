// A live socket of its own inside a page: what somebody does who speaks to the hub without our page.

/**
 * Sends messages as this page's person, and returns what the hub said within `listen_ms`.
 * @param {object[]} messages
 */
export function sayOnWire(page, messages, listen_ms = 600) {
  return page.evaluate(
    ([messages, listen_ms]) =>
      new Promise((resolve) => {
        const heard = [];
        const socket = new WebSocket(`ws://${location.host}/api/v1/live`);
        socket.addEventListener('open', () => {
          for (const message of messages) socket.send(JSON.stringify(message));
          setTimeout(() => {
            socket.close();
            resolve(heard);
          }, listen_ms);
        });
        socket.addEventListener('message', (event) => heard.push(JSON.parse(event.data)));
        socket.addEventListener('error', () => resolve(heard));
      }),
    [messages, listen_ms],
  );
}

/** The device as the hub knows it. */
export async function askDevice(page, device = 'lab-turret') {
  const answer = await page.request.get(new URL(`/api/v1/devices/${device}`, page.url()).href);
  return answer.json();
}

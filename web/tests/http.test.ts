import { afterEach, expect, test, vi } from 'vitest';
import { request } from '../src/net/http.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

function answer(response: Response): void {
  vi.stubGlobal('fetch', () => Promise.resolve(response));
}

test('an answer that breaks off is told as such, and does not deny what may have happened', async () => {
  const broken = (): Response =>
    new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.error(new TypeError('network error'));
        },
      }),
    );
  answer(broken());
  await expect(request('GET', '/api/v1/session')).rejects.toMatchObject({
    code: 'unreachable',
    detail: "The hub's answer broke off. Try again.",
  });
  answer(broken());
  await expect(request('POST', '/api/v1/session', {})).rejects.toMatchObject({
    code: 'unreachable',
    detail: "The hub's answer broke off. Look whether it was done.",
  });
});

test('a page that answers in the place of the hub is told as such', async () => {
  answer(new Response('<!DOCTYPE html><title>Wi-Fi of the fair</title>'));
  await expect(request('GET', '/api/v1/session')).rejects.toMatchObject({
    code: 'unreachable',
    detail: 'Something other than the hub answers: a proxy, or a sign-in page on the way?',
  });
});

test('what the hub answers is read, and nothing where there is nothing', async () => {
  answer(new Response('{"devices":[]}'));
  await expect(request('GET', '/api/v1/devices')).resolves.toEqual({ devices: [] });
  answer(new Response(null, { status: 204 }));
  await expect(request('DELETE', '/api/v1/session')).resolves.toBeUndefined();
});

/** A refusal of the hub (RFC 9457 problem+json), or the lack of any whole answer (`code` is then `unreachable`). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
    readonly pointer?: string,
    readonly status = 0,
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

interface ProblemBody {
  code?: string;
  detail?: string;
  title?: string;
  pointer?: string;
}

/** Turns anything thrown into a Problem with a sentence for the person. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal', error instanceof Error ? error.message : String(error));
}

/**
 * One request to the hub's API. Answers are JSON (or nothing, for 204).
 * @throws Problem with the hub's own sentence, or `unreachable` when no answer came within `limit`: so many milliseconds,
 * or until it is aborted.
 */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  limit: number | AbortSignal = 15000,
): Promise<T> {
  const signal = typeof limit === 'number' ? AbortSignal.timeout(limit) : limit;
  const init: RequestInit = { method, credentials: 'same-origin', signal };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const response = await send(path, init);
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await contentOf(response, method)) as T;
}

/** What the answer says. A change that was asked for may have happened also where that cannot be read. */
async function contentOf(response: Response, method: string): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    const next = method === 'GET' ? 'Try again.' : 'Look whether it was done.';
    throw new Problem('unreachable', `The hub's answer broke off. ${next}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem('unreachable', 'Something other than the hub answers: a proxy, or a sign-in page on the way?');
  }
}

/**
 * Why the hub does not give the file at `path`; null when it does. For elements of the browser, which say only that
 * they failed. Asks for one byte of it: an answer to HEAD could not say why.
 */
export async function refusalOf(path: string, timeout_ms = 15000): Promise<Problem | null> {
  try {
    const response = await send(path, {
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Range: 'bytes=0-0' },
      signal: AbortSignal.timeout(timeout_ms),
    });
    if (!response.ok) return await problemOf(response);
    void response.body?.cancel();
    return null;
  } catch (error) {
    return asProblem(error);
  }
}

/** What the hub says in an answer that refuses. */
export async function problemOf(response: Response): Promise<Problem> {
  const problem = (await response.json().catch(() => ({}))) as ProblemBody;
  return new Problem(
    problem.code ?? 'internal',
    problem.detail ?? problem.title ?? `The hub answered ${response.status}.`,
    problem.pointer,
    response.status,
  );
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new Problem('unreachable', 'The hub does not answer. Is it running, and are you connected to its network?');
  }
}

/** A refusal of the hub (RFC 9457 problem+json), or the lack of any answer (`code` is then `unreachable`). */
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
 * @throws Problem with the hub's own sentence, or `unreachable` when no answer came within `timeout_ms`.
 */
export async function request<T>(method: string, path: string, body?: unknown, timeout_ms = 15000): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(timeout_ms) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem('unreachable', 'The hub does not answer. Is it running, and are you connected to its network?');
  }
  if (response.ok) {
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
  const problem = (await response.json().catch(() => ({}))) as ProblemBody;
  throw new Problem(
    problem.code ?? 'internal',
    problem.detail ?? problem.title ?? `The hub answered ${response.status}.`,
    problem.pointer,
    response.status,
  );
}

/** The part of the browser's `crypto` that is used here. */
interface RandomSource {
  getRandomValues(bytes: Uint8Array): Uint8Array;
  randomUUID?: () => string;
}

/**
 * A random version 4 UUID (RFC 9562). `crypto.randomUUID` exists only in secure contexts; a hub in a home network is
 * often reached by plain HTTP, where `getRandomValues` still is.
 */
export function uuid(source: RandomSource = crypto): string {
  if (typeof source.randomUUID === 'function') return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

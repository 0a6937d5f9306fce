import { bytesText } from '../text/sizes.ts';
import type { Health } from '../protocol_upkeep.ts';

export interface QuotaHint {
  text: string;
  warn: boolean;
}

/** What an administrator is told above the gallery: findings about captures first, else how much room they take. */
export function quotaHint({ findings, figures }: Pick<Health, 'findings' | 'figures'>): QuotaHint | null {
  const finding = findings.find(({ id, level }) => level !== 'ok' && /capture/.test(id));
  if (finding) return { text: [finding.title, finding.detail].filter(Boolean).join('. '), warn: true };
  const { captures_bytes: used, captures_quota_bytes: quota } = figures;
  if (typeof used !== 'number' || typeof quota !== 'number' || quota <= 0) return null;
  const part = used / quota;
  const text = `${bytesText(used)} of ${bytesText(quota)} used`;
  return part < 0.9 ? { text, warn: false } : { text: `${text}: the oldest captures go soon`, warn: true };
}

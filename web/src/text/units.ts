/** Units as declared (UCUM, or words of a name) to what is written beside a number. */
const written: Readonly<Record<string, string>> = {
  Cel: '°C',
  cel: '°C',
  celsius: '°C',
  deg: '°',
  pa: 'Pa',
  hpa: 'hPa',
  percent: '%',
  pct: '%',
  '%': '%',
  Ohm: 'Ω',
  ohm: 'Ω',
  us: 'µs',
  um: 'µm',
  mm_s: 'mm/s',
  m_s: 'm/s',
  deg_s: '°/s',
  m_s2: 'm/s²',
  'm/s2': 'm/s²',
};

export function unitText(unit: string): string {
  return written[unit] ?? unit;
}

/** A number with as many digits as are of use: 21.46, 0.0031, 101,325. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 ? 0 : size >= 1000 ? 1 : size >= 100 ? 2 : size >= 1 ? 3 : 3 - Math.floor(Math.log10(size));
  return new Intl.NumberFormat('en', { maximumFractionDigits: Math.min(digits, 12) }).format(value);
}

/** "21.5 °C", "12°", "yes". */
export function measuredText(value: number, unit: string, boolean = false): string {
  if (boolean) return value === 0 ? 'no' : value === 1 ? 'yes' : `${Math.round(value * 100)} % yes`;
  return unit === '' ? numberText(value) : `${numberText(value)}${unit === '°' ? '' : '\u00a0'}${unit}`;
}

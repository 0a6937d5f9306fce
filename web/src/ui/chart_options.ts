import type uPlot from 'uplot';
import type { Plot } from '../state/series.ts';
import { numberText } from '../text/units.ts';

export interface ChartColours {
  text: () => string;
  grid: () => string;
  series: (index: number) => string;
}

export interface ChartOptions {
  plot: Plot;
  width: number;
  height: number;
  narrow: boolean;
  colours: ChartColours;
  window: () => { from_ms: number; to_ms: number };
  selected: (from_ms: number, to_ms: number) => void;
  pointed: (index: number | null) => void;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const dashes: readonly number[][] = [[], [7, 4], [2, 4]];
/** A smaller selection than this was a click. */
const least_selection_px = 6;

const seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** Times below the axis; the day stands below the first of each day. */
export function timeLabels(splits: readonly number[], step_ms: number, whole_ms: number): string[] {
  let told = '';
  return splits.map((at) => {
    const date = new Date(at);
    const today = days.format(date);
    const first = today !== told;
    told = today;
    if (step_ms >= day) return today;
    const time = (step_ms < minute ? seconds : minutes).format(date);
    return first && whole_ms > day / 2 ? `${time}\n${today}` : time;
  });
}

/** The number of a series' mean line among those of the chart; its least and greatest stand behind it. */
export function meanIndex(field: number): number {
  return 1 + 3 * field;
}

/** Everything that uPlot needs to know of one chart. Times are milliseconds. */
export function chartOptions(options: ChartOptions): uPlot.Options {
  const { plot, colours, narrow } = options;
  const font = `${narrow ? 11 : 12}px system-ui, sans-serif`;
  const axis = { stroke: colours.text, font, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  plot.fields.forEach((field, i) => {
    const at = meanIndex(i);
    const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: false };
    series.push(
      {
        label: field.title,
        stroke: () => colours.series(i),
        width: 1.75,
        dash: dashes[i % dashes.length] ?? [],
        spanGaps: false,
        points: { size: 5, stroke: () => colours.series(i), fill: () => colours.series(i) },
      },
      edge,
      { ...edge },
    );
    bands.push({ series: [at + 2, at + 1], fill: () => faded(colours.series(i)) });
  });
  return {
    width: options.width,
    height: options.height,
    ms: 1,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    series,
    bands,
    scales: {
      x: {
        time: true,
        range: () => {
          const { from_ms, to_ms } = options.window();
          return [from_ms, to_ms];
        },
      },
      ...(plot.boolean ? { y: { range: [-0.15, 1.15] } } : {}),
    },
    axes: [
      {
        ...axis,
        space: narrow ? 62 : 76,
        // Room for the day below the time.
        size: 40,
        values: (self, splits, _axis, _space, step) =>
          timeLabels(splits, step, (self.scales['x']?.max ?? 0) - (self.scales['x']?.min ?? 0)),
      },
      {
        ...axis,
        size: (_self, values) => 14 + Math.max(narrow ? 3 : 4, ...(values ?? []).map(({ length }) => length)) * 7,
        ...(plot.unit === '' ? {} : { label: plot.unit, labelSize: 16, labelGap: 0, labelFont: font }),
        ...(plot.boolean
          ? { splits: [0, 1], values: () => ['no', 'yes'] }
          : { values: (_self: uPlot, splits: number[]) => splits.map(numberText) }),
      },
    ],
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: false },
      // A double click is ours: back to now.
      bind: { dblclick: () => null },
    },
    hooks: {
      setSelect: [
        (self) => {
          const { left, width } = self.select;
          if (width < least_selection_px) return;
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          options.selected(self.posToVal(left, 'x'), self.posToVal(left + width, 'x'));
        },
      ],
      setCursor: [(self) => options.pointed(self.cursor.idx ?? null)],
    },
  };
}

/** The same colour, a fifth as strong. */
function faded(colour: string): string {
  return colour.replace(/^rgb\(([^)]*)\)$/, 'rgba($1, 0.2)');
}

import type uPlot from "uplot";
import { FONT_FAMILY } from "../app/theme";
import type { ChartModel, Marker } from "./chartData";
import type { ChartColours } from "./chartOptions";

/** Draws what is not a line: the tint of the current part, the baseline band, gaps, onset and split. */
export function markPlugin(model: ChartModel, colours: ChartColours): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (chart) => under(chart, model, colours),
      draw: (chart) => over(chart, model, colours),
    },
  };
}

function fill(chart: uPlot, x: [number, number] | null, y: [number, number] | null, colour: string) {
  const { ctx, bbox } = chart;
  const left = x === null ? bbox.left : Math.max(bbox.left, chart.valToPos(x[0], "x", true));
  const right =
    x === null ? bbox.left + bbox.width : Math.min(bbox.left + bbox.width, chart.valToPos(x[1], "x", true));
  const top = y === null ? bbox.top : chart.valToPos(y[1], "y", true);
  const bottom = y === null ? bbox.top + bbox.height : chart.valToPos(y[0], "y", true);
  ctx.fillStyle = colour;
  ctx.fillRect(left, top, right - left, Math.max(bottom - top, 1));
}

function under(chart: uPlot, model: ChartModel, colours: ChartColours) {
  fill(chart, model.current, null, colours.currentGround);
  if (model.band !== null) fill(chart, null, model.band, colours.band);
  for (const gap of model.gaps) fill(chart, gap, null, colours.gap);
}

function over(chart: uPlot, model: ChartModel, colours: ChartColours) {
  const ratio = devicePixelRatio;
  const { ctx } = chart;
  ctx.save();
  ctx.font = `${11 * ratio}px ${FONT_FAMILY}`;
  ctx.lineWidth = ratio;
  const places = model.markers.map((marker) => chart.valToPos(marker.ms / 1000, "x", true));
  model.markers.forEach((marker, index) => {
    const x = places[index] ?? 0;
    const other = places[1 - index];
    // Two markers close together write away from each other.
    const leftward = other !== undefined && Math.abs(other - x) < 90 * ratio ? x < other || (x === other && index === 0) : false;
    vertical(chart, marker, x, leftward, colours);
  });
  ctx.restore();
}

function vertical(chart: uPlot, marker: Marker, x: number, leftward: boolean, colours: ChartColours) {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const colour = marker.kind === "onset" ? colours.onset : colours.split;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash(marker.kind === "onset" ? [] : [4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, bbox.top - 6 * ratio);
  ctx.lineTo(Math.round(x) + 0.5, bbox.top + bbox.height);
  ctx.stroke();
  const room = bbox.left + bbox.width - x;
  const wide = ctx.measureText(marker.text).width;
  const left = leftward || room < wide + 8 * ratio;
  ctx.textAlign = left ? "right" : "left";
  ctx.fillText(marker.text, x + (left ? -4 : 4) * ratio, bbox.top - 6 * ratio);
}

/** uPlot plugin for the marks that are no series: shaded regions behind the lines, markers above them. */
import type uPlot from "uplot";
import type { ChartColours } from "../theme/chartColours";
import { FONT_FAMILY } from "../theme/theme";
import type { ChartModel, Marker } from "./chartData";

/** Distance in CSS pixels below which two marker labels would overlap. */
const LABEL_DISTANCE = 90;

/** Draws the current part, the baseline band and the gaps under the series; onset and split over them. */
export function marksPlugin(model: ChartModel, colours: ChartColours): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (chart) => drawRegions(chart, model, colours),
      draw: (chart) => drawMarkers(chart, model, colours),
    },
  };
}

/** Fill the rectangle between two values of each scale; null spans the whole scale. */
function fillRegion(chart: uPlot, x: [number, number] | null, y: [number, number] | null, colour: string) {
  const { ctx, bbox } = chart;
  const left = x === null ? bbox.left : Math.max(bbox.left, chart.valToPos(x[0], "x", true));
  const right =
    x === null ? bbox.left + bbox.width : Math.min(bbox.left + bbox.width, chart.valToPos(x[1], "x", true));
  const top = y === null ? bbox.top : chart.valToPos(y[1], "y", true);
  const bottom = y === null ? bbox.top + bbox.height : chart.valToPos(y[0], "y", true);
  ctx.fillStyle = colour;
  ctx.fillRect(left, top, right - left, Math.max(bottom - top, 1));
}

function drawRegions(chart: uPlot, model: ChartModel, colours: ChartColours) {
  fillRegion(chart, model.current, null, colours.currentGround);
  if (model.band !== null) fillRegion(chart, null, model.band, colours.band);
  for (const gap of model.gaps) fillRegion(chart, gap, null, colours.gap);
}

function drawMarkers(chart: uPlot, model: ChartModel, colours: ChartColours) {
  const ratio = devicePixelRatio;
  const { ctx } = chart;
  ctx.save();
  ctx.font = `${11 * ratio}px ${FONT_FAMILY}`;
  ctx.lineWidth = ratio;
  const positions = model.markers.map((marker) => chart.valToPos(marker.ms / 1000, "x", true));
  model.markers.forEach((marker, index) => {
    const x = positions[index] ?? 0;
    const other = positions[1 - index];
    // The labels of two close markers are aligned away from each other.
    const close = other !== undefined && Math.abs(other - x) < LABEL_DISTANCE * ratio;
    const alignLeft = close && (x < other || (x === other && index === 0));
    drawMarker(chart, marker, x, alignLeft, colours);
  });
  ctx.restore();
}

/** A vertical line with its label at the top, left of the line where `alignLeft` or where the right has no room. */
function drawMarker(chart: uPlot, marker: Marker, x: number, alignLeft: boolean, colours: ChartColours) {
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
  const available = bbox.left + bbox.width - x;
  const labelWidth = ctx.measureText(marker.label).width;
  const left = alignLeft || available < labelWidth + 8 * ratio;
  ctx.textAlign = left ? "right" : "left";
  ctx.fillText(marker.label, x + (left ? -4 : 4) * ratio, bbox.top - 6 * ratio);
}

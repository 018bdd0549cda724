// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { VerdictFields } from "./VerdictFields";

it("tells every part of the verdict that says something, in the API's own words", () => {
  render(
    <MantineProvider>
      <VerdictFields report={REPORT} />
    </MantineProvider>,
  );
  expect(screen.getAllByRole("term").map((term) => term.textContent)).toEqual([
    "Began",
    "Broke",
    "Follows",
    "Hit",
    "How sure",
    "Against it",
  ]);
  expect(screen.getByText('version="v2": 3 of 3 changed series, 0 of 40 unchanged')).toBeTruthy();
  expect(screen.getByText(/in about 60 of 100 such reports/)).toBeTruthy();
  expect(screen.getByText("postgres").tagName).toBe("STRONG");
});

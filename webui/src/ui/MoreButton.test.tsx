// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { MoreButton } from "./MoreButton";

afterEach(cleanup);

const at = (shown: number, loading: boolean, onMore: () => void) => (
  <MantineProvider env="test">
    <MoreButton shown={shown} total={400} more={shown < 400} loading={loading} onMore={onMore} />
  </MantineProvider>
);

it("keeps the focus while more is loaded, and hands it to the count when that is all", () => {
  const onMore = vi.fn();
  const { rerender } = render(at(200, false, onMore));
  const button = screen.getByRole("button", { name: "Show more" });
  button.focus();
  fireEvent.click(button);
  rerender(at(200, true, onMore));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Loading more" }));
  fireEvent.click(button);
  expect(onMore).toHaveBeenCalledTimes(1);
  rerender(at(400, false, onMore));
  expect(document.activeElement?.textContent).toBe("All 400 shown");
});

it("says nothing below a list that is whole from the start", () => {
  render(at(400, false, vi.fn()));
  expect(screen.queryByText(/shown/)).toBeNull();
});

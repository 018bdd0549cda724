// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { api, unwrap } from "../api/client";
import { makeQueryClient } from "../api/queryClient";
import { useMayChange } from "../api/session";
import type { SessionRead } from "../api/types";
import { SessionGate } from "./SessionGate";
import { SignOut } from "./SignOut";

const NOBODY: SessionRead = { mode: "token", signed_in: false, name: "", role: null, expires_at_ms: null };
const ALICE: SessionRead = { ...NOBODY, signed_in: true, name: "alice", role: "viewer" };

let session: SessionRead;
let revoked: boolean;
let signedInWith: unknown[];

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function answer(status: number, body: object) {
  const response = new Response(null, { status });
  return Promise.resolve(response.ok ? { data: body, response } : { error: body, response });
}

function Inside() {
  const tenants = useQuery({
    queryKey: ["tenants"],
    queryFn: () => unwrap(api.GET("/api/v1/tenants")),
  });
  return (
    <>
      <h1>{useMayChange() ? "may change" : "reads only"}</h1>
      <button onClick={() => void tenants.refetch()}>load</button>
      <SignOut />
    </>
  );
}

function show(first: SessionRead) {
  session = first;
  revoked = false;
  signedInWith = [];
  vi.spyOn(api, "GET").mockImplementation(((path: string) => {
    if (path === "/api/v1/session") return answer(200, session);
    return revoked ? answer(401, { detail: "The token was revoked" }) : answer(200, { tenants: [] });
  }) as typeof api.GET);
  vi.spyOn(api, "POST").mockImplementation((_: string, { body }: { body: { token: string } }) => {
    signedInWith.push(body.token);
    if (body.token !== "pw_right") return answer(401, { detail: "The token is not known" });
    session = ALICE;
    return answer(200, ALICE);
  });
  vi.spyOn(api, "DELETE").mockImplementation(() => {
    session = NOBODY;
    return answer(204, {});
  });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={makeQueryClient()}>
        <SessionGate>
          <Inside />
        </SessionGate>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

async function signIn(token: string) {
  fireEvent.change(await screen.findByLabelText("Token"), { target: { value: token } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

it("lets nobody in without a token that the API knows, and says why", async () => {
  show(NOBODY);
  await signIn("hunter2");
  expect((await screen.findByRole("alert")).textContent).toContain("The token is not known");
  expect(screen.queryByText("reads only")).toBeNull();
  await signIn(" pw_right ");
  expect(await screen.findByText("reads only")).toBeTruthy();
  expect(signedInWith).toEqual(["hunter2", "pw_right"]);
});

it("asks for a token again when it counts no more, and forgets it on demand", async () => {
  show(ALICE);
  fireEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  await signIn("pw_right");
  fireEvent.click(await screen.findByRole("button", { name: "load" }));
  revoked = true;
  session = NOBODY;
  fireEvent.click(screen.getByRole("button", { name: "load" }));
  expect(await screen.findByLabelText("Token")).toBeTruthy();
});

it("has no sign-in and no sign-out without a mode", async () => {
  show({ ...ALICE, mode: "none", name: "local", role: "operator" });
  expect(await screen.findByText("may change")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Sign out" })).toBeNull();
});

it("sends who comes past the proxy back to it", async () => {
  show({ ...NOBODY, mode: "proxy" });
  expect((await screen.findByRole("alert")).textContent).toContain("proxy");
});

import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useSignIn } from "../api/session";
import { usePageTitle } from "../routing/usePageTitle";
import { ProblemNotice } from "../ui/Notice";
import classes from "./SignIn.module.css";

/** What a reader without valid credentials sees in place of every page: a field for a token. */
export function SignIn() {
  const [token, setToken] = useState("");
  const signIn = useSignIn();
  usePageTitle("Sign in");
  return (
    <main className={classes.page}>
      <form
        className={classes.form}
        aria-labelledby="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(token.trim());
        }}
      >
        <h1 id="sign-in" className={classes.title}>
          <img src="/favicon.svg" alt="" width="24" height="24" /> Sign in to patternwatch
        </h1>
        <TextInput
          type="password"
          label="Token"
          description="Whoever runs patternwatch makes one: patternwatch tokens create"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          data-autofocus
          autoFocus
        />
        {signIn.isError && <ProblemNotice error={signIn.error} />}
        <Button type="submit" disabled={token.trim() === ""} loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

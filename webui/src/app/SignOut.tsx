import { Button } from "@mantine/core";
import { useSession, useSignOut } from "../api/session";

/** The button that forgets the token, where the page was given one. */
export function SignOut() {
  const { data } = useSession();
  const signOut = useSignOut();
  if (data?.mode !== "token" && data?.mode !== "oidc") return null;
  return (
    <Button size="compact-xs" variant="subtle" color="gray" title={`${data.name}, ${data.role ?? ""}`} onClick={() => signOut.mutate()}>
      Sign out
    </Button>
  );
}

import { Button, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTenants } from "../api/queries";
import { useWatchOrder } from "../api/watchQueries";
import { ProblemNotice } from "../ui/Notice";
import classes from "../ui/SideForm.module.css";

/** Form that begins to watch a selector. A name that there is already is refused: it would replace that watch. */
export function WatchForm({ tenant, known }: { tenant: string; known: readonly string[] }) {
  const [name, setName] = useState("");
  const [selector, setSelector] = useState("");
  const [each, setEach] = useState("");
  const order = useWatchOrder(tenant);
  const placeholder = usePlaceholder(tenant);
  const taken = known.includes(name.trim());
  const clear = () => {
    setName("");
    setSelector("");
    setEach("");
  };
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    order.mutate({ do: "make", name: name.trim(), selector: selector.trim(), each: each.trim() }, { onSuccess: clear });
  };
  return (
    <form className={classes.form} aria-labelledby="watch-form" onSubmit={send}>
      <h2 id="watch-form" className={classes.title}>
        Watch a cluster
      </h2>
      <Field label="Name" placeholder="shop" value={name} onValue={setName} problem={taken && "A watch of this name exists already"} />
      <Field label="Series selector" placeholder={placeholder} value={selector} onValue={setSelector} />
      <Field label="Watch each value of this label separately (optional)" placeholder="cluster" value={each} onValue={setEach} />
      <Button
        size="xs"
        type="submit"
        variant="default"
        loading={order.isPending}
        disabled={name.trim() === "" || selector.trim() === "" || taken}
      >
        Watch
      </Button>
      {order.isError && <ProblemNotice error={order.error} />}
    </form>
  );
}

function usePlaceholder(tenant: string): string {
  const tenants = useTenants();
  return tenants.data?.find((each) => each.id === tenant)?.selector ?? '{cluster="shop"}';
}

interface FieldProps {
  label: string;
  placeholder: string;
  value: string;
  onValue: (value: string) => void;
  problem?: string | false;
}

function Field({ label, placeholder, value, onValue, problem = false }: FieldProps) {
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={placeholder}
      value={value}
      onChange={(event) => onValue(event.currentTarget.value)}
      error={problem}
      classNames={{ input: classes.mono }}
      spellCheck={false}
      autoComplete="off"
    />
  );
}

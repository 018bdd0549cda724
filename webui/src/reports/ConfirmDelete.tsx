import { Button, Modal } from "@mantine/core";
import classes from "./ReportsPage.module.css";

interface ConfirmDeleteProps {
  /** Name of what would be deleted; null keeps the modal closed. */
  what: string | null;
  all: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Modal that asks before a deletion. */
export function ConfirmDelete({ what, all, onClose, onConfirm }: ConfirmDeleteProps) {
  return (
    <Modal
      opened={what !== null}
      onClose={onClose}
      title={all ? `Delete all ${what ?? ""}?` : "Delete this report?"}
      centered
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <p className={classes.ask}>
        <strong>{what}</strong> will be gone for everybody, and can be made again only while the source still has the
        data.
      </p>
      <div className={classes.answers}>
        <Button size="sm" variant="default" onClick={onClose} data-autofocus>
          Keep
        </Button>
        <Button size="sm" color="red.9" onClick={onConfirm}>
          {all ? `Delete ${what ?? ""}` : "Delete"}
        </Button>
      </div>
    </Modal>
  );
}

"""What the samples of a window allow to judge: enough of them, new enough, long enough."""

/** Whether several come in a turn of the event loop, or did in the last one in which anybody came. */
export class Crowd {
  private came = 0;
  private wasCrowd = false;

  join(): boolean {
    if (this.came++ === 0) {
      setImmediate(() => {
        this.wasCrowd = this.came > 1;
        this.came = 0;
      });
    }
    return this.wasCrowd || this.came > 1;
  }
}

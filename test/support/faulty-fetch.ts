type Fetch = (request: Request) => Promise<Response>;

/** The platform's `fetch` on a bad network. What is lost has reached the service. */
export class FaultyFetch {
  /** As they were sent, all attempts. */
  readonly requests: Request[] = [];
  /** So many answers are lost from now on, */
  loseAnswers = 0;
  /** and after them so many are cut off in the middle of their body. */
  cutAnswers = 0;
  private readonly cuts: (() => void)[] = [];

  readonly fetch: Fetch = async (request) => {
    this.requests.push(request.clone());
    const response = await fetch(request);
    if (this.loseAnswers > 0) {
      this.loseAnswers--;
      await response.body?.cancel();
      throw new TypeError('fetch failed');
    }
    if (response.body === null) return response;
    const { status, headers } = response;
    return new Response(this.passing(response.body, this.cutAnswers-- > 0), { status, headers });
  };

  /** Cuts every answer that is under way. */
  cut(): void {
    for (const cut of this.cuts.splice(0)) cut();
  }

  private passing(body: ReadableStream<Uint8Array>, isCut: boolean): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    const fail = (controller: ReadableStreamDefaultController) => {
      controller.error(new TypeError('terminated'));
      reader.cancel().catch(() => undefined);
    };
    return new ReadableStream({
      start: (controller) => void this.cuts.push(() => fail(controller)),
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        controller.enqueue(isCut ? value.slice(0, value.length / 2) : value);
        if (isCut) fail(controller);
      },
      cancel: () => reader.cancel(),
    });
  }
}

"""To learn on without losing what was learnt: begin from a champion, replay, distil, hold on, and measure what was lost.

- **Where the champion's tensors lie** (`places`) in a network that has more classes, tasks or streams.
- **Warm start** (`warm_start`): its parameters and scales, new rows for new classes.
- **Insertion** (`grown`, `insertion`, `moments`): a stream added later, old answers and optimiser moments bit-equal.
- **Replay** (`replay`): which old items stand beside the new ones.
- **Distillation** (`distillation`) and **EWC** (`ewc`): terms of the total that hold the old answers or the old weights.
- **Forgetting** (`forgetting`): what the old items came to before and after, with exact bounds.
- **Fine-tuning** (`fine_tuning`): all of it in one call.
"""

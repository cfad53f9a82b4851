package dev.fovea.eval.cost;

import java.util.List;

/**
 * What one prompt costs, station by station. FLOPs count two per multiply-add; halve them for MACs.
 *
 * @param embedding cutting pictures into patches and mapping them
 * @param encoder per encoder layer that runs
 * @param connector mapping features into the language model
 * @param prefill per decoder layer, on reading the prompt
 * @param signals what techniques ask for beside that: rows of attention, projections of tokens that are then dropped
 * @param own what techniques multiply by weights of their own; nothing where those are added to the model's
 * @param branches what is read beside the prompt, with its head where it takes the tokens of the answer, and what the
 *     head makes of hidden states behind layers
 * @param head next-token logits behind the prompt
 * @param decode every further token of the answer, all layers and the head
 * @param kvBytes per decoder layer, the keys and values of the prompt and of branches that go along with it
 * @param peakActivationBytes the most that the intermediate results of one layer take at once
 */
public record Cost(
        long embedding,
        List<Long> encoder,
        long connector,
        List<Long> prefill,
        long signals,
        long own,
        long branches,
        long head,
        long decode,
        List<Long> kvBytes,
        long peakActivationBytes) {

    public Cost {
        encoder = List.copyOf(encoder);
        prefill = List.copyOf(prefill);
        kvBytes = List.copyOf(kvBytes);
    }

    /** FLOPs until the features of the pictures are there. */
    public long encoderTotal() {
        return embedding + sum(encoder);
    }

    /** FLOPs from the features to the first token of the answer. */
    public long prefillTotal() {
        return connector + sum(prefill) + signals + own + branches + head;
    }

    /** FLOPs from the picture to the first token of the answer. */
    public long firstToken() {
        return encoderTotal() + prefillTotal();
    }

    /** FLOPs of everything. */
    public long total() {
        return firstToken() + decode;
    }

    /** Bytes of keys and values behind the prompt, all layers. */
    public long kvTotal() {
        return sum(kvBytes);
    }

    private static long sum(List<Long> parts) {
        return parts.stream().mapToLong(Long::longValue).sum();
    }
}

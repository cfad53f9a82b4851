package dev.fovea.train.data;

import java.util.List;

/**
 * A batch of samples for per-patch training, still on the heap.
 *
 * @param samples number of samples
 * @param tokens patches per sample
 * @param pixels {@code [samples * tokens * 3 * patch * patch]}
 * @param positions {@code [samples * tokens]}: raster index of each patch in its picture
 * @param truths one per sample
 * @param captions one per sample; empty where no caption is needed
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record PatchBatch(
        int samples, int tokens, float[] pixels, int[] positions, List<PatchTruth> truths, List<String> captions) {
    public PatchBatch {
        truths = List.copyOf(truths);
        captions = List.copyOf(captions);
    }
}

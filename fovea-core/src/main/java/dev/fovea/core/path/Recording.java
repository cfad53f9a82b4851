package dev.fovea.core.path;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every declared signal and every decision of one run, named by station: {@code decoder[2].0.DecoderAttention[...]} for
 * a signal of the first step there, {@code decoder[2].0.keep} for its decision. A researcher can hold any step against
 * another implementation with it.
 */
public final class Recording {
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** One array: {@code float[]} or {@code int[]} data of the given shape. */
    public sealed interface Entry {
        long[] shape();
    }

    /** Measured values and weights. */
    public record Values(float[] data, long[] shape) implements Entry {}

    /** Indices. */
    public record Indices(int[] data, long[] shape) implements Entry {}

    public void add(String name, float[] data) {
        put(name, new Values(data.clone(), new long[] {data.length}));
    }

    public void add(String name, Matrix matrix) {
        put(name, new Values(matrix.data().clone(), new long[] {matrix.rows(), matrix.cols()}));
    }

    public void add(String name, int[] data) {
        put(name, new Indices(data.clone(), new long[] {data.length}));
    }

    /** What a step saw: {@code float[]} or {@link Matrix}. */
    public void addSignal(String name, Object value) {
        switch (value) {
            case float[] vector -> add(name, vector);
            case Rows rows -> add(name, TensorRows.matrix(rows));
            default -> throw new IllegalArgumentException("Cannot record a " + value.getClass());
        }
    }

    /** What a step decided, as arrays under {@code name}. */
    public void addDecision(String name, Decision decision) {
        switch (decision) {
            case Decision.Unchanged ignored -> {}
            case Decision.Keep keep -> add(name + ".keep", keep.indices());
            case Decision.Merge merge -> {
                add(name + ".merge.offsets", merge.offsets());
                add(name + ".merge.members", merge.members());
                add(name + ".merge.weights", merge.weights());
                add(name + ".merge.anchors", merge.anchors());
            }
            case Decision.Resize resize -> add(name + ".resize", new int[] {resize.rows(), resize.cols()});
            case Decision.Cut cut -> add(name + ".cut", new int[] {cut.rows(), cut.cols()});
            case Decision.Append append -> add(name + ".append", TensorRows.matrix(append.tokens()));
            case Decision.Resample resample -> {
                add(name + ".resample", TensorRows.matrix(resample.tokens()));
                add(name + ".resample.anchors", resample.anchors());
            }
            case Decision.Rewrite rewrite -> {
                add(name + ".rewrite", TensorRows.matrix(rewrite.tokens()));
                add(name + ".rewrite.at", rewrite.at());
            }
            case Decision.Gate gate -> add(name + ".gates", TensorRows.matrix(gate.gates()));
            case Decision.Adapt adapt -> addAdditions(name + ".adapt.", adapt.additions());
            case Decision.Speak speak -> {
                addAdditions(name + ".speak.", speak.additions());
                add(name + ".words", TensorRows.matrix(speak.embedding()));
                Rows head = speak.head();
                if (head != null) {
                    add(name + ".words.head", TensorRows.matrix(head));
                }
            }
            case Decision.Attend attend -> add(name + ".attend", attend.tokens());
            case Decision.DropAllVisual ignored -> add(name + ".keep", new int[0]);
            case Decision.Rescale rescale -> add(name + ".rescale", rescale.factors());
            case Decision.Steer steer -> {
                add(name + ".steer", steer.vector());
                add(name + ".steer.strength", new float[] {(float) steer.strength()});
            }
            case Decision.Edges edges -> add(name + ".groups", edges.edges().groups());
            case Decision.Retain retain -> add(name + ".retain", retain.tokens());
            case Decision.Replace replace -> add(name + ".logits", replace.logits());
        }
    }

    private void addAdditions(String prefix, Additions additions) {
        for (Map.Entry<String, Addition> entry : new TreeMap<>(additions.byName()).entrySet()) {
            String name = prefix + entry.getKey();
            switch (entry.getValue()) {
                case Addition.LowRank low -> {
                    add(name + ".down", TensorRows.matrix(new TensorRows(low.down())));
                    add(name + ".up", TensorRows.matrix(new TensorRows(low.up())));
                }
                case Addition.Difference difference -> add(name, Tensors.floats(difference.values()));
                case Addition.Behind behind -> add(name, TensorRows.matrix(new TensorRows(behind.rows())));
            }
        }
    }

    /** All entries, in the order in which they were made. */
    public Map<String, Entry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** What stands under a name that begins so, for tests and tools. */
    public Map<String, Entry> under(String prefix) {
        Map<String, Entry> out = new LinkedHashMap<>();
        entries.forEach((name, entry) -> {
            if (name.startsWith(prefix)) {
                out.put(name, entry);
            }
        });
        return out;
    }

    @Override
    public String toString() {
        return "Recording" + Arrays.toString(entries.keySet().toArray());
    }

    private void put(String name, Entry entry) {
        String unique = name;
        for (int i = 1; entries.containsKey(unique); i++) {
            unique = name + "#" + i;
        }
        entries.put(unique, entry);
    }
}

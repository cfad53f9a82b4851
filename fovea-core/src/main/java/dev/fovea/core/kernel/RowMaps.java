package dev.fovea.core.kernel;

import dev.fovea.core.tensor.Work;
import java.lang.foreign.Arena;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** Maps of the same few rows, whose blocks of outputs threads share: they are woken once for all of them. */
public final class RowMaps implements AutoCloseable {
    /** A block of outputs that one thread takes: at least so much is long against the taking of it. */
    private static final long LEAST_BYTES = 48 << 10;

    private static final long MOST_BYTES = 512 << 10;

    /** Blocks of all maps together that are enough for threads to end at about one time. */
    private static final int BLOCKS = 8;

    private final Arena arena = Arena.ofConfined();
    private final int threads;
    private final RowInput input;

    /**
     * Room for rows.
     *
     * @param threads that work, this one included
     * @param rows at most
     * @param inputs of a map, at most
     */
    public RowMaps(int threads, int rows, int inputs) {
        this.threads = threads;
        this.input = new RowInput(arena, rows, inputs);
    }

    /** What is done with outputs {@code [from, to)} of every row as soon as they are there, by whoever made them. */
    @FunctionalInterface
    public interface Then {
        void outputs(int from, int to);
    }

    /**
     * Maps of as many outputs each, of which the same are made one after the other.
     *
     * @param outs receive {@code [rows, outputs]}
     */
    public record Task(List<RowMap> maps, List<float[]> outs, Then then) {
        /** One map. */
        public Task(RowMap map, float[] out, Then then) {
            this(List.of(map), List.of(out), then);
        }

        private long bytes() {
            return maps.stream()
                    .mapToLong(map -> map.rowBytes() * map.outputs())
                    .sum();
        }

        private int outputs() {
            return maps.getFirst().outputs();
        }

        private int perBlock(long bytes) {
            long each = bytes() / outputs();
            // An odd number of groups, for the reason given in StreamedRows.
            return (int) (Math.min(outputs(), bytes / each) / RowKernel.MIN_ROWS | 1) * RowKernel.MIN_ROWS;
        }

        /** A rest shorter than a group of rows goes to the last block. */
        private int blocks(int perBlock) {
            return Math.max(1, (outputs() + perBlock - RowKernel.MIN_ROWS) / perBlock);
        }

        private void run(RowInput x, int block, int blocks, int perBlock) {
            int from = block * perBlock;
            int to = block == blocks - 1 ? outputs() : from + perBlock;
            for (int m = 0; m < maps.size(); m++) {
                maps.get(m).run(x, outs.get(m), from, to);
            }
            then.outputs(from, to);
        }
    }

    /**
     * Runs maps of one input.
     *
     * @param x {@code [rows, inputs]}, rounded to the type that the model works in
     */
    public void run(float[] x, int rows, Task... tasks) {
        RowInput.Form form = null;
        for (Task task : tasks) {
            for (RowMap map : task.maps) {
                Work.linear((long) rows * map.inputs(), map.outputs());
                if (form != null && form != map.form()) {
                    throw new IllegalArgumentException("Maps of one input that read it in different forms");
                }
                form = map.form();
            }
        }
        if (form == null) {
            return;
        }
        input.set(form, x, rows, tasks[0].maps.getFirst().inputs());
        run(tasks);
    }

    private void run(Task... tasks) {
        long bytes = 0;
        for (Task task : tasks) {
            bytes += task.bytes();
        }
        long each = Math.clamp(bytes / BLOCKS, LEAST_BYTES, MOST_BYTES);
        int[] perBlock = new int[tasks.length];
        int[] blocks = new int[tasks.length];
        int all = 0;
        for (int t = 0; t < tasks.length; t++) {
            perBlock[t] = tasks[t].perBlock(each);
            blocks[t] = tasks[t].blocks(perBlock[t]);
            all += blocks[t];
        }
        Workers.run(threads, all, b -> {
            int rest = b;
            int t = 0;
            while (rest >= blocks[t]) {
                rest -= blocks[t++];
            }
            tasks[t].run(input, rest, blocks[t], perBlock[t]);
        });
    }

    /** The best time of a few products of one row, in nanoseconds, by all threads that libtorch may use. */
    public static long nanosOfOne(RowMap map, int runs) {
        float[] x = new float[map.inputs()];
        float[] out = new float[map.outputs()];
        try (RowMaps maps = new RowMaps(torch.get_num_threads(), 1, x.length)) {
            Task task = new Task(map, out, (from, to) -> {});
            return BestTime.nanos(runs, () -> maps.run(x, 1, task));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}

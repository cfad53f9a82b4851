package dev.fovea.spark;

import dev.fovea.core.message.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import scala.runtime.AbstractFunction1;

/**
 * A folder of Parquet files in parts, each of which is there as a whole or not at all: work that was stopped, by whatever,
 * goes on with the parts that are missing. A row's part depends on its key alone, so that pictures that came in since then
 * are not seen in parts that are done.
 *
 * <p>Read it with {@code spark.read().parquet(folder)}; the column {@code part} says where a row came from. One run works on
 * a folder at a time: a second one is refused as long as the first shows that it is there.
 *
 * @param folder of any file system that Spark writes to
 * @param key the column that tells rows apart, for example {@code path}
 * @param parts into how many the output is cut; what is computed in a part that is not finished is computed again
 */
public record OutputParts(String folder, String key, int parts) {
    private static final String SETTINGS = "_fovea.txt";
    private static final String DONE = "_SUCCESS";

    /** Follows a run. */
    @FunctionalInterface
    public interface Progress {
        /** So many parts are there of all; called after each, by one thread at a time. */
        void at(int done, int all);
    }

    public OutputParts {
        if (parts < 1) {
            throw new IllegalArgumentException("There must be at least one part, not " + parts + ".");
        }
    }

    /**
     * Works on all pictures whose part is missing.
     *
     * @throws IllegalArgumentException with one sentence if the folder holds the output of other work
     * @throws IllegalStateException with one sentence if another run works on the folder, or parts could not be finished;
     *     those that are done stay
     */
    public void write(PictureWork work, Dataset<Row> pictures, Progress progress) {
        SparkSession spark = pictures.sparkSession();
        StructType schema = work.schema(pictures.schema());
        Columns.index(pictures.schema(), key, "keys");
        Path root = new Path(folder);
        try {
            FileSystem files = root.getFileSystem(spark.sparkContext().hadoopConfiguration());
            begin(files, root, work + ", key " + key + ", " + parts + " parts");
            try (FolderLease ignored = FolderLease.take(files, root)) {
                List<Integer> missing = missing(files);
                if (!missing.isEmpty()) {
                    RDD<Row> rows = work.on(pictures.repartition(parts, functions.col(key)))
                            .rdd();
                    run(spark, rows, schema, missing, progress);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(folder + " cannot be read or written: " + e.getMessage(), e);
        }
    }

    private List<Integer> missing(FileSystem files) throws IOException {
        List<Integer> missing = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            if (!files.exists(new Path(part(part), DONE))) {
                missing.add(part);
            }
        }
        return missing;
    }

    private void begin(FileSystem files, Path root, String settings) throws IOException {
        Path file = new Path(root, SETTINGS);
        byte[] text = settings.getBytes(StandardCharsets.UTF_8);
        if (files.exists(file)) {
            try (InputStream in = files.open(file)) {
                String before = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                if (!before.equals(settings)) {
                    throw new IllegalArgumentException(folder + " holds the output of other work (" + before
                            + "), and this is " + settings + "; give another folder.");
                }
            }
            return;
        }
        if (files.exists(root) && files.listStatus(root).length > 0) {
            throw new IllegalArgumentException(folder + " holds something else; give a new folder.");
        }
        Path beside = new Path(root, SETTINGS + ".part");
        try (OutputStream out = files.create(beside, true)) {
            out.write(text);
        }
        if (!files.rename(beside, file)) {
            throw new IOException(file + " cannot be put in its place");
        }
    }

    private String part(int part) {
        return String.format(Locale.ROOT, "%s/part=%05d", folder, part);
    }

    /** As many parts at once as the cluster has places for tasks: each is a job of one task. */
    private void run(SparkSession spark, RDD<Row> rows, StructType schema, List<Integer> missing, Progress progress) {
        int atOnce = Math.max(1, Math.min(missing.size(), spark.sparkContext().defaultParallelism()));
        String failure = null;
        int failed = 0;
        int done = parts - missing.size();
        try (ExecutorService jobs = Executors.newFixedThreadPool(atOnce)) {
            List<Future<?>> each = new ArrayList<>();
            for (int part : missing) {
                each.add(jobs.submit(
                        () -> spark.createDataFrame(PartitionPruningRDD.create(rows, new Only(part)), schema)
                                .write()
                                .mode(SaveMode.Overwrite)
                                .parquet(part(part))));
            }
            for (Future<?> job : each) {
                try {
                    job.get();
                    progress.at(++done, parts);
                } catch (ExecutionException e) {
                    failed++;
                    failure = failure == null ? reason(e) : failure;
                } catch (InterruptedException e) {
                    jobs.shutdownNow();
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("Stopped; run it again to go on.", e);
                }
            }
        }
        if (failure != null) {
            throw new IllegalStateException(
                    failed + " of " + parts + " parts could not be finished; those that are done"
                            + " stay, and running it again goes on with the others. The first reason: " + failure);
        }
    }

    /** The first line of what was wrong to begin with: Spark puts whole stacks into messages. */
    private static String reason(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        return Reason.of(first).lines().findFirst().orElse("");
    }

    /** Chooses one partition. */
    private static final class Only extends AbstractFunction1<Object, Object> implements java.io.Serializable {
        private static final long serialVersionUID = 1;
        private final int part;

        Only(int part) {
            this.part = part;
        }

        @Override
        public Object apply(Object partition) {
            return part == (Integer) partition;
        }
    }
}

package dev.fovea.core.weights;

import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.tensor.OwnedTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * A set of named weights on disk: one file in the safetensors format, shards with an index, or the tensors of a file of
 * another format.
 *
 * <p>Opening reads and checks the headers only; the data is mapped, and read by the operating system when a tensor is
 * first used. Safe for use by several threads.
 */
public final class Checkpoint implements AutoCloseable {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private final Path path;
    private final List<MappedFile> files;
    private final Map<String, TensorSource> entries;
    private final Map<String, String> metadata;

    /** Tensors that the index places in a shard that does not hold them: harmless until somebody needs one. */
    private final Map<String, String> absent;

    private final List<OwnedTensor> kept = new ArrayList<>();

    private final Origin origin;

    /**
     * Where the tensors come from, for messages.
     *
     * @param home the file that holds a tensor of this name, or would
     * @param description what says which tensors there must be
     * @param remedy what to do where it and the tensors differ
     */
    public record Origin(Function<String, Path> home, String description, String remedy) {
        private static Origin folder(Path path) {
            return new Origin(name -> path, "config.json", "take both from the same checkpoint");
        }
    }

    /** A tensor of a safetensors file, over its mapped bytes. */
    private record Stored(MappedFile file, long dataStart, TensorInfo info) implements TensorSource {
        @Override
        public Tensor tensor() {
            return file.tensor(info.dtype(), info.sizes(), dataStart + info.begin());
        }

        @Override
        public void forget() {
            file.forget(dataStart + info.begin(), info.byteSize());
        }
    }

    private Checkpoint(
            Path path,
            List<MappedFile> files,
            Map<String, TensorSource> entries,
            Map<String, String> metadata,
            Map<String, String> absent,
            Origin origin) {
        this.path = path;
        this.origin = origin;
        this.files = files;
        this.entries = entries;
        this.metadata = metadata;
        this.absent = absent;
    }

    /**
     * The tensors of files of another format.
     *
     * @param files closed with the checkpoint; it is called by the first
     * @param tensors by name, in the order of the files
     */
    public static Checkpoint of(List<MappedFile> files, SequencedMap<String, TensorSource> tensors, Origin origin) {
        return new Checkpoint(
                files.getFirst().path(), List.copyOf(files), new LinkedHashMap<>(tensors), Map.of(), Map.of(), origin);
    }

    /**
     * Opens a checkpoint.
     *
     * @param path a {@code .safetensors} file, a {@code .safetensors.index.json} file, or a folder that holds
     *     {@code model.safetensors} or {@code model.safetensors.index.json}
     * @throws CheckpointException if something is missing or wrong, in one sentence
     */
    public static Checkpoint open(Path path) {
        if (!Files.exists(path)) {
            throw new CheckpointException(path + " does not exist; give the folder of a checkpoint");
        }
        if (!Files.isDirectory(path)) {
            return path.getFileName().toString().endsWith(".json") ? sharded(path) : single(path);
        }
        if (Files.exists(path.resolve(SINGLE))) {
            return single(path.resolve(SINGLE));
        }
        if (Files.exists(path.resolve(INDEX))) {
            return sharded(path.resolve(INDEX));
        }
        throw new CheckpointException(path + " holds neither " + SINGLE + " nor " + INDEX
                + (Files.exists(path.resolve("pytorch_model.bin"))
                                || Files.exists(path.resolve("pytorch_model.bin.index.json"))
                        ? "; its pytorch_model.bin must be converted to safetensors first"
                        : "; is it the folder of a checkpoint?"));
    }

    private static MappedFile.Read<SafeTensorsHeader> safetensors(Path path) {
        return MappedFile.open(path, channel -> SafeTensorsHeader.read(channel, path));
    }

    private static Checkpoint single(Path path) {
        MappedFile.Read<SafeTensorsHeader> read = safetensors(path);
        Map<String, TensorSource> entries = new LinkedHashMap<>();
        read.header().tensors().forEach((name, info) -> entries.put(name, stored(read, info)));
        return new Checkpoint(
                path, List.of(read.file()), entries, read.header().metadata(), Map.of(), Origin.folder(path));
    }

    private static TensorSource stored(MappedFile.Read<SafeTensorsHeader> read, TensorInfo info) {
        return new Stored(read.file(), read.header().dataStart(), info);
    }

    private static Checkpoint sharded(Path indexPath) {
        ShardIndex index = ShardIndex.read(indexPath);
        Map<String, MappedFile.Read<SafeTensorsHeader>> shards = new LinkedHashMap<>();
        try {
            index.shards().forEach((name, tensors) -> shards.put(name, openShard(indexPath, name, tensors)));
            Map<String, TensorSource> entries = new LinkedHashMap<>();
            Map<String, String> absent = new LinkedHashMap<>();
            index.weightMap().forEach((tensor, shard) -> {
                MappedFile.Read<SafeTensorsHeader> read = shards.get(shard);
                TensorInfo info = read == null ? null : read.header().tensors().get(tensor);
                if (read == null || info == null) {
                    absent.put(tensor, shard);
                } else {
                    entries.put(tensor, stored(read, info));
                }
            });
            Map<String, String> metadata = shards.isEmpty()
                    ? Map.of()
                    : shards.values().iterator().next().header().metadata();
            return new Checkpoint(
                    indexPath,
                    shards.values().stream().map(MappedFile.Read::file).toList(),
                    entries,
                    metadata,
                    absent,
                    Origin.folder(indexPath));
        } catch (RuntimeException e) {
            shards.values().forEach(shard -> shard.file().close());
            throw e;
        }
    }

    private static MappedFile.Read<SafeTensorsHeader> openShard(Path indexPath, String name, List<String> tensors) {
        Path shard = indexPath.resolveSibling(name);
        if (!Files.exists(shard)) {
            throw new CheckpointException(shard + " is missing, though " + indexPath.getFileName() + " places "
                    + (tensors.size() == 1 ? "tensor" : tensors.size() + " tensors, the first") + " '"
                    + Printable.of(tensors.getFirst()) + "' in it; download the whole checkpoint");
        }
        return safetensors(shard);
    }

    /** The file that was opened: the safetensors file, or the index of the shards. */
    public Path path() {
        return path;
    }

    /** Where its tensors come from, for messages. */
    public Origin origin() {
        return origin;
    }

    /** The names of all tensors, in the order of the file. */
    public SequencedSet<String> names() {
        return Collections.unmodifiableSequencedSet(new LinkedHashSet<>(entries.keySet()));
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /**
     * Type and shape of a tensor.
     *
     * @throws CheckpointException if there is no such tensor
     */
    public TensorInfo info(String name) {
        return find(name).info();
    }

    /**
     * The tensor of this name with the type as stored, over the mapped file: nothing is copied, unless the file places
     * it at an address its type does not allow. The memory is <em>read-only</em>: writing into it ends the process;
     * clone the tensor to change it. The tensor stays valid after {@link #close()}. The caller (or its open scope) owns
     * it.
     *
     * @throws CheckpointException if there is no such tensor
     */
    public Tensor tensor(String name) {
        return find(name).tensor();
    }

    /** The text pairs of the header; of shards, those of the first. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** How many bytes all tensors take. */
    public long byteSize() {
        return entries.values().stream().mapToLong(e -> e.info().byteSize()).sum();
    }

    /**
     * Lets go of what a tensor takes of this process's memory, for one that has been read and is not read again soon. It
     * stays valid, and is read from disk or from the system's cache when it is.
     *
     * @throws CheckpointException if there is no such tensor
     */
    public void forget(String name) {
        find(name).forget();
    }

    private TensorSource find(String name) {
        TensorSource entry = entries.get(name);
        String shard = absent.get(name);
        if (entry == null && shard != null) {
            throw new CheckpointException(path + " places tensor '" + Printable.of(name) + "' in " + shard
                    + ", but that file does not hold it; the two are not of the same checkpoint");
        }
        if (entry == null) {
            Collection<String> names = entries.keySet();
            throw new CheckpointException(path + " holds no tensor named '" + Printable.of(name) + "'"
                    + Suggest.nearest(name, new ArrayList<>(names)));
        }
        return entry;
    }

    /**
     * Keeps a tensor that a model has taken from here, or made of one, until {@link #release()}, whatever scope is open
     * now.
     */
    public Tensor keep(Tensor tensor) {
        OwnedTensor owned = OwnedTensor.of(tensor);
        synchronized (kept) {
            kept.add(owned);
        }
        return tensor;
    }

    /**
     * Makes sure that no file has become shorter since it was opened: reading what is gone would end the process.
     *
     * @throws CheckpointException if one has
     */
    public void requireWhole() {
        files.forEach(MappedFile::requireWhole);
    }

    /** Frees the tensors that were {@linkplain #keep kept}, and closes. Whoever uses one of them is at fault. */
    public void release() {
        synchronized (kept) {
            kept.forEach(OwnedTensor::close);
            kept.clear();
        }
        close();
    }

    /** No more tensors can be taken; the files are unmapped once the tensors already taken are gone too. */
    @Override
    public void close() {
        files.forEach(MappedFile::close);
    }
}

package dev.fovea.core.hub;

import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Hub's cache on this machine, in the layout of {@code huggingface_hub}: {@code models--ORG--NAME} with
 * {@code blobs} (contents by their hash), {@code snapshots/COMMIT} (the repository's files, links to blobs) and
 * {@code refs} (which commit a branch or tag last meant).
 *
 * @param root the folder that holds the repositories
 */
public record HubCache(Path root) {
    private static final String MODELS = "models--";
    private static final String UNFINISHED = ".fovea-part-";

    /** Where the environment says it is: {@code HF_HUB_CACHE}, {@code HF_HOME/hub}, or the user's cache folder. */
    public static HubCache of(Map<String, String> environment) {
        String own = environment.getOrDefault("HF_HUB_CACHE", environment.getOrDefault("HUGGINGFACE_HUB_CACHE", ""));
        return new HubCache(own.isBlank() ? home(environment).resolve("hub") : expand(own, environment));
    }

    /** The folder of everything that belongs to Hugging Face's tools. */
    static Path home(Map<String, String> environment) {
        String home = environment.getOrDefault("HF_HOME", "");
        if (!home.isBlank()) {
            return expand(home, environment);
        }
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path folder = cache.isBlank() ? user(environment).resolve(".cache") : expand(cache, environment);
        return folder.resolve("huggingface");
    }

    private static Path user(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("HOME", System.getProperty("user.home", ".")));
    }

    private static Path expand(String path, Map<String, String> environment) {
        return path.startsWith("~/") ? user(environment).resolve(path.substring(2)) : Path.of(path);
    }

    /** The folder of one repository, whether it is there or not. */
    public Path folder(HubName name) {
        return root.resolve(MODELS + name.organisation() + "--" + name.name());
    }

    Path blobs(HubName name) {
        return folder(name).resolve("blobs");
    }

    Path snapshot(HubName name, String commit) {
        return folder(name).resolve("snapshots").resolve(commit);
    }

    /** Where a snapshot is put together. */
    Path unfinished(Path snapshot) {
        return snapshot.resolveSibling(UNFINISHED + snapshot.getFileName());
    }

    Path ref(HubName name) {
        return folder(name).resolve("refs").resolve(name.revision());
    }

    Path lock(HubName name) {
        return root.resolve(".locks").resolve(MODELS + name.organisation() + "--" + name.name());
    }

    /** The folder with the files of a revision, if it is here; the revision may be a branch, a tag or a commit. */
    public Optional<Path> find(HubName name) {
        Path commit = snapshot(name, name.revision());
        if (Files.isDirectory(commit)) {
            return Optional.of(commit);
        }
        Path ref = ref(name);
        if (!Files.isRegularFile(ref)) {
            return Optional.empty();
        }
        try {
            Path snapshot = snapshot(name, Files.readString(ref).strip());
            return Files.isDirectory(snapshot) ? Optional.of(snapshot) : Optional.empty();
        } catch (IOException e) {
            throw new HubException(ref + " cannot be read: " + Reasons.of(e), e);
        }
    }

    /**
     * One revision of a model that is here.
     *
     * @param name with the branch or tag that means it, or the commit where none does
     * @param folder its files
     */
    public record Entry(HubName name, Path folder) {}

    /** Every model that is here, by name; of each the revisions that a branch or tag means, or else all. */
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (Path repository : children(root)) {
            String[] parts = repository.getFileName().toString().split("--", 3);
            if (parts.length != 3 || !parts[0].equals("models") || !HubName.isOne(parts[1] + "/" + parts[2])) {
                continue;
            }
            int before = entries.size();
            for (Path ref : children(repository.resolve("refs"))) {
                HubName name = new HubName(parts[1], parts[2], ref.getFileName().toString());
                find(name).ifPresent(folder -> entries.add(new Entry(name, folder)));
            }
            if (entries.size() == before) {
                for (Path snapshot : children(repository.resolve("snapshots"))) {
                    if (snapshot.getFileName().toString().startsWith(UNFINISHED)) {
                        continue;
                    }
                    entries.add(new Entry(
                            new HubName(
                                    parts[1], parts[2], snapshot.getFileName().toString()),
                            snapshot));
                }
            }
        }
        entries.sort(Comparator.comparing(e -> e.name().toString()));
        return entries;
    }

    private static List<Path> children(Path folder) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
                all.forEach(found::add);
            } catch (IOException e) {
                throw new HubException(folder + " cannot be listed: " + Reasons.of(e), e);
            }
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }
}

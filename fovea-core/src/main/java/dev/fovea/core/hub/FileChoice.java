package dev.fovea.core.hub;

import dev.fovea.core.weights.Pickles;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which files of a repository are fetched. Formats that can run code when they are opened (pickles, scripts) never are;
 * of the rest those at the top, which is where a model lies, or those that are asked for by name.
 *
 * @param patterns globs over whole paths; empty for the model itself
 */
public record FileChoice(List<String> patterns) {
    private static final Set<String> TEXT = Set.of(".json", ".jinja");
    private static final Set<String> TOKENIZER = Set.of("merges.txt", "vocab.txt", "tokenizer.model", "spiece.model");
    private static final Set<String> WEIGHTS = Set.of(".safetensors", ".gguf");

    public FileChoice {
        patterns = List.copyOf(patterns);
    }

    /** The model itself. */
    public static FileChoice model() {
        return new FileChoice(List.of());
    }

    /**
     * The files to fetch.
     *
     * @throws HubException if there is nothing to fetch, or several quantised files of which one must be named
     */
    List<RemoteFile> of(HubName name, List<RemoteFile> all) {
        List<RemoteFile> safe = all.stream().filter(f -> isSafe(f.path())).toList();
        List<RemoteFile> chosen = patterns.isEmpty() ? model(name, safe) : named(name, safe);
        if (chosen.stream().noneMatch(f -> isWeights(f.path()))) {
            throw nothing(name, all);
        }
        return chosen;
    }

    private List<RemoteFile> model(HubName name, List<RemoteFile> safe) {
        List<RemoteFile> top =
                safe.stream().filter(f -> !f.path().contains("/")).toList();
        boolean safetensors = top.stream().anyMatch(f -> f.path().endsWith(".safetensors"));
        List<RemoteFile> gguf =
                top.stream().filter(f -> f.path().endsWith(".gguf")).toList();
        if (!safetensors && gguf.size() > 1) {
            throw new HubException(
                    name + " holds " + gguf.size() + " GGUF files; name the ones to fetch with --file: " + list(gguf));
        }
        // Beside safetensors, other formats hold the same weights once more.
        return top.stream()
                .filter(f -> !safetensors || !f.path().endsWith(".gguf"))
                .filter(f -> !f.path().startsWith("consolidated"))
                .toList();
    }

    private List<RemoteFile> named(HubName name, List<RemoteFile> safe) {
        List<RemoteFile> chosen = new ArrayList<>(safe.stream()
                .filter(f -> !isWeights(f.path()) && !f.path().contains("/"))
                .toList());
        for (String pattern : patterns) {
            List<RemoteFile> found =
                    safe.stream().filter(f -> matches(pattern, f.path())).toList();
            if (found.isEmpty()) {
                throw new HubException(name + " holds no file " + pattern + " that may be fetched; it holds "
                        + list(safe.stream().filter(f -> isWeights(f.path())).toList()));
            }
            found.stream().filter(f -> !chosen.contains(f)).forEach(chosen::add);
        }
        return chosen;
    }

    private static boolean matches(String pattern, String path) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        return matcher.matches(Path.of(path));
    }

    private static HubException nothing(HubName name, List<RemoteFile> all) {
        boolean pickles = all.stream().anyMatch(f -> Pickles.isNamed(f.path()));
        return new HubException(
                pickles
                        ? name
                                + " holds its weights only as pickle files, which can run code and are never fetched; look for"
                                + " a revision or a copy in safetensors"
                        : name + " holds no weights in safetensors or GGUF, so there is no model to fetch");
    }

    private static String list(List<RemoteFile> files) {
        String shown = files.stream()
                .limit(12)
                .map(f -> f.path() + " (" + Sizes.text(f.size()) + ")")
                .collect(Collectors.joining(", "));
        return files.isEmpty()
                ? "no weights"
                : shown + (files.size() > 12 ? ", and " + (files.size() - 12) + " more" : "");
    }

    private static boolean isWeights(String path) {
        return WEIGHTS.contains(ending(path));
    }

    /** Whether opening the file cannot run code, and its path stays inside the snapshot. */
    static boolean isSafe(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        boolean inside = !path.isEmpty()
                && !path.startsWith("/")
                && path.indexOf('\\') < 0
                && path.chars().noneMatch(c -> c < ' ' || c == ':')
                && Path.of(path).normalize().toString().replace('\\', '/').equals(path)
                && !path.startsWith("..");
        return inside && (TEXT.contains(ending(file)) || WEIGHTS.contains(ending(file)) || TOKENIZER.contains(file));
    }

    private static String ending(String path) {
        int dot = path.lastIndexOf('.');
        return dot < 0 ? "" : path.substring(dot).toLowerCase(Locale.ROOT);
    }
}

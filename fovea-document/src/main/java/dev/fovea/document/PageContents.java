package dev.fovea.document;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.cos.COSObject;
import org.apache.pdfbox.cos.COSStream;
import org.apache.pdfbox.filter.FilterFactory;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.interactive.annotation.PDAnnotation;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what a page would ask for before it is drawn: everything packed is unfolded once and thrown away, and
 * pictures are judged by the sizes that they claim.
 *
 * @param name of the page, for messages
 */
record PageContents(String name, DocumentLimits limits, Deadline deadline) {
    private static final int MOST_OBJECTS = 200_000;
    private static final int MOST_SCANS = 100;

    /** What leads away from a page, or is not drawn. */
    private static final Set<COSName> ELSEWHERE = Set.of(
            COSName.PARENT, COSName.P, COSName.METADATA, COSName.getPDFName("PieceInfo"), COSName.getPDFName("Popup"));

    /** Filters that make pictures. */
    private static final Set<COSName> CODECS = Set.of(
            COSName.DCT_DECODE,
            COSName.DCT_DECODE_ABBREVIATION,
            COSName.CCITTFAX_DECODE,
            COSName.CCITTFAX_DECODE_ABBREVIATION,
            COSName.JBIG2_DECODE,
            COSName.JPX_DECODE);

    /** @throws DocumentException if the page asks for too much */
    void check(PDPage page) throws IOException {
        Counting.Allowance allowance = new Counting.Allowance(name, limits.unfoldedBytes(), deadline);
        Deque<COSBase> open = new ArrayDeque<>();
        add(open, page.getCOSObject().getItem(COSName.CONTENTS));
        add(open, page.getResources() == null ? null : page.getResources().getCOSObject());
        for (PDAnnotation annotation : page.getAnnotations()) {
            add(open, annotation.getCOSObject().getItem(COSName.AP));
        }
        Set<COSBase> known = Collections.newSetFromMap(new IdentityHashMap<>());
        while (!open.isEmpty()) {
            COSBase next = open.pop();
            COSBase one = next instanceof COSObject reference ? reference.getObject() : next;
            if (one == null || !known.add(one)) {
                continue;
            }
            if (known.size() > MOST_OBJECTS) {
                throw new DocumentException(
                        name + " is made of more than " + MOST_OBJECTS + " parts, the limit; save it as a picture");
            }
            look(one, open, allowance);
        }
    }

    private static void add(Deque<COSBase> open, @Nullable COSBase one) {
        if (one != null) {
            open.push(one);
        }
    }

    private void look(COSBase one, Deque<COSBase> open, Counting.Allowance allowance) throws IOException {
        deadline.check();
        switch (one) {
            case COSStream stream -> {
                follow(stream, open);
                picture(stream);
                try (InputStream raw = stream.createRawInputStream()) {
                    unfold(raw, stream, allowance);
                }
            }
            case COSDictionary dictionary -> follow(dictionary, open);
            case COSArray array -> array.forEach(element -> add(open, element));
            default -> {}
        }
    }

    private static void follow(COSDictionary dictionary, Deque<COSBase> open) {
        dictionary.entrySet().stream()
                .filter(entry -> !ELSEWHERE.contains(entry.getKey()))
                .forEach(entry -> add(open, entry.getValue()));
    }

    /** A picture in the middle of other content. */
    void inline(COSDictionary parameters, byte[] data) throws IOException {
        picture(parameters);
        unfold(
                new ByteArrayInputStream(data),
                parameters,
                new Counting.Allowance(name, limits.unfoldedBytes(), deadline));
    }

    private void picture(COSDictionary of) {
        requireSmall(of.getInt(COSName.WIDTH, COSName.W, 1), of.getInt(COSName.HEIGHT, COSName.H, 1));
    }

    private void requireSmall(long width, long height) {
        if (width > 0 && height > 0 && width > limits.picturePixels() / height) {
            throw new DocumentException(name + " shows a picture that claims " + width + "x" + height
                    + " pixels, more than the limit of " + limits.picturePixels() + "; scale it down first");
        }
    }

    /** Runs the filters of a stream up to those that make pictures. What is damaged is told when it is drawn. */
    private void unfold(InputStream raw, COSDictionary of, Counting.Allowance allowance) throws IOException {
        List<COSName> filters = filters(of);
        InputStream in = raw;
        for (int i = 0; i < filters.size(); i++) {
            COSName filter = filters.get(i);
            if (CODECS.contains(filter)) {
                if (filter.equals(COSName.DCT_DECODE) || filter.equals(COSName.DCT_DECODE_ABBREVIATION)) {
                    jpeg(in.readAllBytes());
                }
                return;
            }
            boolean last = i == filters.size() - 1;
            Counting out = new Counting(allowance, !last);
            try {
                FilterFactory.INSTANCE.getFilter(filter).decode(in, out, of, i);
            } catch (IOException e) {
                return;
            }
            in = new ByteArrayInputStream(out.bytes());
        }
    }

    private static List<COSName> filters(COSDictionary of) {
        COSBase named = of.getDictionaryObject(COSName.FILTER, COSName.F);
        List<COSName> filters = new ArrayList<>();
        if (named instanceof COSName name) {
            filters.add(name);
        } else if (named instanceof COSArray all) {
            for (int i = 0; i < all.size(); i++) {
                if (all.getObject(i) instanceof COSName name) {
                    filters.add(name);
                }
            }
        }
        return filters;
    }

    /** What a JPEG says of itself need not be what the document says of it. */
    private void jpeg(byte[] bytes) throws IOException {
        int scans = 0;
        for (int i = 0; i + 1 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xff && bytes[i + 1] == (byte) 0xda && ++scans > MOST_SCANS) {
                throw new DocumentException(
                        name + " shows a JPEG with more than " + MOST_SCANS + " scans, the limit; save it anew first");
            }
        }
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            if (!ImageIO.getImageReadersByFormatName("jpeg").hasNext()) {
                return;
            }
            ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
            try {
                reader.setInput(in, true, true);
                requireSmall(reader.getWidth(0), reader.getHeight(0));
            } catch (IOException e) {
                // A damaged picture is left blank.
            } finally {
                reader.dispose();
            }
        }
    }
}

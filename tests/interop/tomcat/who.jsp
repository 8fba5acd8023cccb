<%@ page contentType="text/plain" import="java.security.cert.X509Certificate" %><%
    X509Certificate leaf = ((X509Certificate[]) request.getAttribute("jakarta.servlet.request.X509Certificate"))[0];
    out.print(leaf.getSubjectX500Principal() + " " + leaf.getSerialNumber().toString(16));
%>

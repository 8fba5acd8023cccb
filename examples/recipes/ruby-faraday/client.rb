# A client that presents its certificate, and talks to nobody but a server of our CA.
require 'faraday'
require 'openssl'

leaf, *intermediates = OpenSSL::X509::Certificate.load_file({{ cert | json }})

trust = OpenSSL::X509::Store.new
trust.add_file({{ ca | json }})
crls = File.read({{ crl | json }}).scan(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/)
crls.each { |crl| trust.add_crl(OpenSSL::X509::CRL.new(crl)) }
trust.flags = OpenSSL::X509::V_FLAG_CRL_CHECK | OpenSSL::X509::V_FLAG_CRL_CHECK_ALL

tls = {
  verify: true,
  cert_store: trust,
  client_cert: leaf,
  client_key: OpenSSL::PKey.read(File.read({{ key | json }})),
  min_version: OpenSSL::SSL::TLS1_2_VERSION
}
client = Faraday.new(url: {{ url | json }}, ssl: tls, proxy: nil, request: { timeout: 10 }) do |faraday|
  # Faraday itself sends the leaf alone.
  faraday.adapter(:net_http) { |http| http.extra_chain_cert = intermediates }
end

begin
  answer = client.get
rescue Faraday::Error => error
  abort("#{error.class}: #{error.message}")
end
puts "#{answer.status} #{answer.body}"
